import { SettingsError } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { type ReportFilters, whereOf } from './filters.ts';
import { type QueryScope, type ReportKind, SqlParameters } from './kinds/kind.ts';
import { streamLines, unpackLines } from './packed-rows.ts';
import { type AuditSummary, REPORT_SCHEMA, type Report } from './report.ts';

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
 * @throws SettingsError when the kind has no such filter or column, or there is no such audit
 */
export async function openReport(db: Database, kind: ReportKind, request: ReportRequest): Promise<Report> {
  const { filters = {}, now } = request;
  const parameters = new SqlParameters();
  const where = whereOf(kind.name, filters, kind.filters, now, parameters);
  const audit = await findSummary(db, request.audit, filters.source);
  const scope: QueryScope = {
    where,
    audit: request.audit !== undefined && audit ? { id: audit.id } : undefined,
    parameters,
    storagePricePerGBMonth: request.storagePricePerGBMonth,
  };
  const sql = ordered(kind, scope, request);
  const { name, columns } = kind;
  const lines = streamLines(db, columns, sql, parameters.values);
  return { schema: REPORT_SCHEMA, kind: name, columns, audit, rows: unpackLines(columns, lines), lines };
}

function ordered(kind: ReportKind, scope: QueryScope, { sort, limit, offset }: ReportRequest): string {
  const order = sort === undefined ? undefined : orderOf(kind, sort);
  const part = [
    limit === undefined ? '' : ` limit ${scope.parameters.add(limit)}::int8`,
    offset === undefined ? '' : ` offset ${scope.parameters.add(offset)}::int8`,
  ].join('');
  if (order === undefined && part === '') return kind.query(scope);
  if (order !== undefined && limit !== undefined && kind.sortedPage) return kind.sortedPage(scope, order, part);
  return `select * from (${kind.query(scope)}) o${order === undefined ? '' : ` order by ${order}`}${part}`;
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

const SUMMARY = `
  select a.id, a.status, a.sources, a.started_at, a.finished_at, a.repositories_listed, a.tags_listed, a.tags_audited,
    a.tags_skipped, a.tags_failed
  from slimboard_audits a`;

type SummaryRow = Omit<AuditSummary, 'sources'> & { readonly sources: string | null };

async function findSummary(
  db: Database,
  id: number | undefined,
  source: string | undefined,
): Promise<AuditSummary | null> {
  const [row] =
    id === undefined
      ? await db.query<SummaryRow>(
          `${SUMMARY} where a.status in ('finished', 'incomplete') and ($1::text is null or $1 = any(string_to_array(a.sources, ';')))
           order by a.id desc limit 1`,
          [source ?? null],
        )
      : await db.query<SummaryRow>(`${SUMMARY} where a.id = $1`, [id]);
  if (!row && id !== undefined)
    throw new SettingsError(`there is no audit ${id}: "slimboard report audits" lists them`);
  if (!row) return null;
  const { finished_at } = row;
  return {
    ...row,
    sources: row.sources?.split(';') ?? [],
    started_at: toSecond(row.started_at),
    finished_at: finished_at === null ? null : toSecond(finished_at),
  };
}

/** As all reports write a time: `2026-11-23T02:00:00Z`. */
function toSecond(time: string): string {
  return `${time.slice(0, 19)}Z`;
}
