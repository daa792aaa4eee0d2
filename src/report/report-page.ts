import type { Database } from '../database/database.ts';
import type { ReportKind } from './kinds/kind.ts';
import { searched } from './kinds/limited-kind.ts';
import { openReport, type ReportRequest } from './open-report.ts';
import { type AuditSummary, type Cells, type Column, rowRecordOf } from './report.ts';
import { unpackRows } from './row-reader.ts';

/** Rows of a report, all in memory. */
export interface ReportRows {
  readonly kind: string;
  readonly columns: readonly Column[];
  readonly audit: AuditSummary | null;
  readonly rows: readonly Cells[];
  /** Why the column that the report is read for has no figures, if it has none. */
  readonly lack?: string | undefined;
}

/** One page of a report. */
export interface ReportPage extends ReportRows {
  /** The number of rows in the whole report, counted up to a limit. */
  readonly total: number;
  /** Whether there are more rows than `total`. */
  readonly isMore: boolean;
}

/** Which page of a report to read. */
export interface PageRequest extends ReportRequest {
  readonly limit: number;
  /** Selects rows in which some text or digest contains this; case does not matter. */
  readonly search?: string | undefined;
}

/** Counting stops here: it would take long, and nobody pages that far. */
const MOST_COUNTED = 10_000;

/** Reads one page of a report, and counts the rows of the whole. @throws SettingsError as `openReport` does */
export async function readPage(
  db: Database,
  whole: ReportKind,
  { search, ...request }: PageRequest,
): Promise<ReportPage> {
  const kind = searched(whole, search);
  const { knownTotal, ...page } = await readWithTotal(db, kind, request);
  const { offset: before = 0, limit } = request;
  const end = before + page.rows.length;
  const isLast = page.rows.length < limit && (page.rows.length > 0 || before === 0);
  const counted = isLast ? end : (knownTotal ?? (await countRows(db, kind, request, before + limit)));
  const shown = page.rows.length === 0 ? 0 : end;
  const total = Math.max(Math.min(counted, MOST_COUNTED), shown);
  return { ...page, total, isMore: counted > total };
}

const TOTAL: Column = { name: 'total', type: 'integer', description: 'How many rows there are.' };

/** Reads the rows of a page, and with them the number of all rows if the kind's query returns it. */
async function readWithTotal(
  db: Database,
  kind: ReportKind,
  request: ReportRequest,
): Promise<ReportRows & { readonly knownTotal?: number }> {
  if (!kind.givesTotal) return readRows(db, kind, request);
  const page = await readRows(db, { ...kind, columns: [...kind.columns, TOTAL] }, request);
  const knownTotal = page.rows[0]?.at(-1);
  const rows = page.rows.map((cells) => cells.slice(0, -1));
  return { ...page, columns: kind.columns, rows, ...(typeof knownTotal === 'number' ? { knownTotal } : {}) };
}

/** Reads rows of a report without counting all of them. @throws SettingsError as `openReport` does */
export async function readRows(db: Database, kind: ReportKind, request: ReportRequest): Promise<ReportRows> {
  const report = await openReport(db, kind, request);
  const rows: Cells[] = [];
  for await (const batch of unpackRows(report.rows)) rows.push(...batch);
  return { kind: kind.name, columns: kind.columns, audit: report.audit, rows, lack: report.lack?.() };
}

/** The rows as objects, with cells by column name. */
export function recordsOf({ columns, rows }: Pick<ReportRows, 'columns' | 'rows'>) {
  return rows.map((cells) => rowRecordOf(columns, cells));
}

/** Counts rows up to MOST_COUNTED, or the end of the page if later, and one more, which shows that there are more. */
async function countRows(
  db: Database,
  { order: _, packed: __, ...kind }: ReportKind,
  request: ReportRequest,
  pageEnd: number,
): Promise<number> {
  const counting: ReportKind = {
    ...kind,
    columns: [TOTAL],
    query: (scope) => {
      const most = scope.parameters.add(Math.max(MOST_COUNTED, pageEnd) + 1);
      return `select count(*) as total from (select from (${kind.query(scope)}) a limit ${most}::int8) c`;
    },
  };
  const whole = { ...request, sort: undefined, limit: undefined, offset: undefined };
  const { rows } = await readRows(db, counting, whole);
  return Number(rows[0]?.[0] ?? 0);
}
