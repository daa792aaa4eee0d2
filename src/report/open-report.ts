import { SettingsError } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { findSummary } from './audit-summary.ts';
import { type ReportFilters, whereOf } from './filters.ts';
import { type QueryScope, type ReportKind, SqlParameters } from './kinds/kind.ts';
import { type PackedRows, packRows, streamLines } from './packed-rows.ts';
import { type AuditSummary, type Column, REPORT_SCHEMA, type Report } from './report.ts';
import { unpackRows } from './row-reader.ts';

export interface ReportRequest {
  readonly filters?: ReportFilters;
  /** As of the end of this audit; default: the newest figures. */
  readonly audit?: number;
  /** A column, or `-column` for the largest first. */
  readonly sort?: string;
  readonly limit?: number;
  /** How many rows to leave out at the beginning. */
  readonly offset?: number;
  readonly storagePricePerGBMonth?: number;
  readonly now: Date;
}

/**
 * A report of a kind, its rows read as they are asked for.
 * @throws SettingsError when the kind has no such filter or column, or there is no such audit, or the kind does not know
 *   what was there then
 */
export async function openReport(db: Database, kind: ReportKind, request: ReportRequest): Promise<Report> {
  const { filters = {}, now } = request;
  const { source: _source, ...within } = filters;
  const parameters = new SqlParameters();
  const conditions = [whereOf(kind.name, filters, kind.filters, now, parameters)];
  const audit = await findSummary(db, request.audit, filters.source);
  const asked = request.audit === undefined ? null : audit;
  if (asked && kind.currentOnly) {
    await checkNewest(db, kind, asked);
    conditions.push(`${kind.filters.source} = any(${parameters.add(asked.sources)}::text[])`);
  }
  const scope: QueryScope = {
    where: conditions.join(' and '),
    source: filters.source,
    isFiltered: request.audit !== undefined || Object.values(within).some((filter) => filter !== undefined),
    audit: asked ? { id: asked.id } : undefined,
    parameters,
    storagePricePerGBMonth: request.storagePricePerGBMonth,
  };
  const packed = packedRows(db, kind, scope, request);
  const { name, columns } = kind;
  return {
    schema: REPORT_SCHEMA,
    kind: name,
    columns: withSorted(columns, request),
    audit,
    rows: unpackRows(packed),
    packed,
  };
}

/** What rows are sorted by is shown, whatever room there is. */
function withSorted(columns: readonly Column[], { sort }: ReportRequest): readonly Column[] {
  const sorted = sort?.replace(/^-/, '');
  return columns.map((column) => (column.name === sorted ? { ...column, gist: true } : column));
}

/** What is there now was there when the newest audit ended. */
async function checkNewest(db: Database, { name }: ReportKind, { id }: AuditSummary): Promise<void> {
  const [row] = await db.query<{ newest: boolean | null }>(
    'select bool_and(newest) as newest from slimboard_source_audits where audit_id = $1',
    [id],
  );
  if (row?.newest) return;
  throw new SettingsError(
    `report ${name} tells of now, and audit ${id} is not the newest of its sources: leave --audit out`,
  );
}

function packedRows(db: Database, kind: ReportKind, scope: QueryScope, request: ReportRequest): PackedRows {
  const { filters = {}, sort, limit, offset } = request;
  const isWhole = [...Object.values(filters), sort, limit, offset].every((part) => part === undefined);
  if (!isWhole || !kind.shared)
    return packRows(db, kind.columns, ordered(kind, scope, request), scope.parameters.values);
  const { runs, query } = kind.shared;
  return { runs, lines: streamLines(db, query(scope), scope.parameters.values) };
}

function ordered(kind: ReportKind, scope: QueryScope, { sort, limit, offset }: ReportRequest): string {
  const order = sort === undefined ? kind.order : orderOf(kind, sort);
  const part = [
    limit === undefined ? '' : ` limit ${scope.parameters.add(limit)}::int8`,
    offset === undefined ? '' : ` offset ${scope.parameters.add(offset)}::int8`,
  ].join('');
  if (order === undefined) return `select * from (${kind.query(scope)}) o${part}`;
  if (kind.page && limit !== undefined) return kind.page(scope, order, part);
  return `select * from (${kind.query(scope)}) o order by ${order}${part}`;
}

/** Other columns decide among equals, so that two runs give the same order. */
function orderOf(kind: ReportKind, sort: string): string {
  const descending = sort.startsWith('-');
  const column = descending ? sort.slice(1) : sort;
  const names = kind.columns.map(({ name }) => name);
  if (!names.includes(column))
    throw new SettingsError(`report ${kind.name} has no column "${column}" to sort by: it has ${names.join(', ')}`);
  const others = (kind.key ?? names).filter((name) => name !== column).map((name) => `"${name}"`);
  return [`"${column}" ${descending ? 'desc' : 'asc'} nulls last`, ...others].join(', ');
}
