import { flagOf, type OptionNaming } from '../common/flags.ts';
import type { Database } from '../database/database.ts';
import { SettingsError } from '../errors.ts';
import { byBytes } from '../store/sql/by-bytes.ts';
import { findSummary } from './audit-summary.ts';
import { filterCondition, type ReportFilters } from './filters.ts';
import type { ReportKind } from './kinds/kind.ts';
import { type PackedRows, packRows, streamLines, unpacker } from './packed-rows.ts';
import { type QueryScope, SqlParameters } from './query-scope.ts';
import { type AuditSummary, type Column, isText, type Report, rowRecordOf } from './report.ts';

/** What storage costs: the settings under `prices`. */
export interface Prices {
  /** Per 10^9 bytes, in `currency`. */
  readonly storagePerGBMonth: number;
  readonly currency: string;
}

/** Which rows of a report to read, and in which order. */
export interface ReportRequest {
  readonly filters?: ReportFilters;
  /** The id of the audit whose end the report shows; default: the present state. */
  readonly audit?: number | undefined;
  /** A column, or `-column` for the largest first. */
  readonly sort?: string | undefined;
  readonly limit?: number | undefined;
  /** How many rows to skip. */
  readonly offset?: number | undefined;
  /** Default: costs are not known. */
  readonly prices?: Prices;
  /** What durations such as `--since 30d` count back from. */
  readonly now: Date;
  /** How errors call filters and `audit`; default: as flags. */
  readonly nameOf?: OptionNaming;
}

/**
 * Checks what needs no database to be wrong.
 * @throws SettingsError when the kind lacks a filter or the sort column, or a filter cannot be parsed
 */
export function checkRequest(kind: ReportKind, request: ReportRequest): void {
  filterCondition(kind, request, new SqlParameters());
  if (request.sort !== undefined) orderOf(kind, request.sort);
}

/**
 * Opens a report; its rows are read from the database as they are consumed.
 * @throws SettingsError when the kind lacks a filter or the sort column, there is no such audit, or the kind shows the
 *   present only and the audit is not the newest of its sources
 */
export async function openReport(db: Database, kind: ReportKind, request: ReportRequest): Promise<Report> {
  const audit = await findSummary(db, request.audit, request.filters?.source);
  const scope = await scopeOf(db, kind, request, request.audit === undefined ? null : audit);
  const report: Report = {
    kind: kind.name,
    columns: withSortColumn(kind.columns, request),
    audit,
    rows: rowsOf(db, kind, scope, request),
  };
  // In the usual order, rows without figures come last.
  return kind.mayLack && request.sort === undefined && !request.offset ? withLack(report, kind.mayLack) : report;
}

/** What the kind's query has to select. @param audit the one that is asked for, if any */
async function scopeOf(
  db: Database,
  kind: ReportKind,
  request: ReportRequest,
  audit: AuditSummary | null,
): Promise<QueryScope> {
  const { filters = {}, prices, nameOf = flagOf } = request;
  const parameters = new SqlParameters();
  const shown = audit ? { id: audit.id, endedAt: await findEnd(db, audit.id) } : undefined;
  const rowFilters: ReadonlySet<string> = new Set(kind.rowFilters);
  const conditionOf = (ofRows: boolean): string => {
    const chosen = Object.entries(filters).filter(([name]) => ofRows === rowFilters.has(name));
    return filterCondition(kind, { ...request, filters: Object.fromEntries(chosen) }, parameters, shown);
  };
  const conditions = [conditionOf(false)];
  if (audit && kind.currentOnly) {
    await checkNewest(db, kind, audit, nameOf);
    conditions.push(`${kind.filters.source} = any(${parameters.add(audit.sources)}::text[])`);
  }
  return {
    where: conditions.join(' and '),
    rowWhere: conditionOf(true),
    source: filters.source,
    isFiltered:
      audit !== null || Object.entries(filters).some(([name, text]) => name !== 'source' && text !== undefined),
    audit: shown,
    parameters,
    storagePerGBMonth: prices?.storagePerGBMonth,
  };
}

/** The same report, which looks at its first row to know whether it lacks its figures. */
function withLack(report: Report, { column, reason }: NonNullable<ReportKind['mayLack']>): Report {
  const { columns, rows } = report;
  let first: string | undefined;
  async function* lines(): AsyncGenerator<readonly string[]> {
    for await (const batch of rows.lines) {
      first ??= batch[0];
      yield batch;
    }
  }
  const isEmpty = (row: string): boolean => rowRecordOf(columns, unpacker(columns)(row))[column] === null;
  return {
    ...report,
    rows: { ...rows, lines: lines() },
    lack: () => (first !== undefined && isEmpty(first) ? reason : undefined),
  };
}

/** Makes the sort column part of the gist, so that even a narrow table shows it. */
function withSortColumn(columns: readonly Column[], { sort }: ReportRequest): readonly Column[] {
  const sorted = sort?.replace(/^-/, '');
  return columns.map((column) => (column.name === sorted ? { ...column, gist: true } : column));
}

/** Reports of the present can stand for the newest audit, but for no earlier one. @throws SettingsError for those */
async function checkNewest(
  db: Database,
  { name }: ReportKind,
  { id }: AuditSummary,
  nameOf: OptionNaming,
): Promise<void> {
  const [row] = await db.query<{ newest: boolean | null }>(
    'select bool_and(newest) as newest from slimboard_source_audits where audit_id = $1',
    [id],
  );
  if (row?.newest) return;
  throw new SettingsError(
    `report ${name} shows only the present, and audit ${id} is not the newest of its sources: leave ${nameOf('audit')} out`,
  );
}

function rowsOf(db: Database, kind: ReportKind, scope: QueryScope, request: ReportRequest): PackedRows {
  const { filters = {}, sort, limit, offset } = request;
  const isWhole = [...Object.values(filters), sort, limit, offset].every((part) => part === undefined);
  if (!isWhole || !kind.packed)
    return packRows(db, kind.columns, orderedQuery(kind, scope, request), scope.parameters.values);
  const { runs, query } = kind.packed;
  return { runs, lines: streamLines(db, query(scope), scope.parameters.values) };
}

function orderedQuery(kind: ReportKind, scope: QueryScope, { sort, limit, offset }: ReportRequest): string {
  const order = sort === undefined ? kind.order : orderOf(kind, sort);
  const part = [
    limit === undefined ? '' : ` limit ${scope.parameters.add(limit)}::int8`,
    offset === undefined ? '' : ` offset ${scope.parameters.add(offset)}::int8`,
  ].join('');
  if (order === undefined) return `select * from (${kind.query(scope)}) o${part}`;
  if (kind.page && limit !== undefined) return kind.page(scope, order, part);
  return `select * from (${kind.query(scope)}) o order by ${order}${part}`;
}

/** The `order by` list for a sort column; further columns break ties, so that every run gives the same order. */
function orderOf(kind: ReportKind, sort: string): string {
  const descending = sort.startsWith('-');
  const column = descending ? sort.slice(1) : sort;
  const names = kind.columns.map(({ name }) => name);
  const sorted = (name: string): string =>
    kind.columns.some((one) => one.name === name && isText(one)) ? byBytes(`"${name}"`) : `"${name}"`;
  if (!names.includes(column))
    throw new SettingsError(`report ${kind.name} has no column "${column}" to sort by: it has ${names.join(', ')}`);
  const others = (kind.key ?? names).filter((name) => name !== column).map(sorted);
  return [`${sorted(column)} ${descending ? 'desc' : 'asc'} nulls last`, ...others].join(', ');
}

/** When an audit ended, to the microsecond; null while it runs. */
async function findEnd(db: Database, id: number): Promise<string | null> {
  const [row] = await db.query<{ ended: string | null }>('select finished_at::text as ended from audit where id = $1', [
    id,
  ]);
  return row?.ended ?? null;
}
