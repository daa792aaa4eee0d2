import type { Database } from '../database/database.ts';
import { digestText } from '../store/sql/digest-text.ts';
import type { ReportKind } from './kinds/kind.ts';
import { openReport, type ReportRequest } from './open-report.ts';
import type { SqlParameters } from './query-scope.ts';
import { type AuditSummary, type Cells, type Column, isText, rowRecordOf } from './report.ts';

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
export async function readPage(db: Database, kind: ReportKind, request: PageRequest): Promise<ReportPage> {
  const { knownTotal, ...page } = await readWithTotal(db, kind, request);
  const before = request.offset ?? 0;
  const isLast = page.rows.length < request.limit && (page.rows.length > 0 || before === 0);
  const counted = isLast ? before + page.rows.length : (knownTotal ?? (await countRows(db, kind, request)));
  const shown = page.rows.length === 0 ? 0 : before + page.rows.length;
  const total = Math.max(Math.min(counted, MOST_COUNTED), shown);
  return { ...page, total, isMore: counted > total };
}

const TOTAL: Column = { name: 'total', type: 'integer', description: 'How many rows there are.' };

/** Reads the rows of a page, and with them the number of all rows if the kind's query returns it. */
async function readWithTotal(
  db: Database,
  kind: ReportKind,
  request: PageRequest,
): Promise<ReportRows & { readonly knownTotal?: number }> {
  if (!kind.givesTotal || request.search) return readRows(db, kind, request);
  const page = await readRows(db, { ...kind, columns: [...kind.columns, TOTAL] }, request);
  const knownTotal = page.rows[0]?.at(-1);
  const rows = page.rows.map((cells) => cells.slice(0, -1));
  return { ...page, columns: kind.columns, rows, ...(typeof knownTotal === 'number' ? { knownTotal } : {}) };
}

/** Reads rows of a report without counting all of them. @throws SettingsError as `openReport` does */
export async function readRows(db: Database, kind: ReportKind, request: PageRequest): Promise<ReportRows> {
  const report = await openReport(db, searched(kind, request.search), request);
  const rows: Cells[] = [];
  for await (const batch of report.rows) rows.push(...batch);
  return { kind: kind.name, columns: kind.columns, audit: report.audit, rows, lack: report.lack?.() };
}

/** The rows as objects, with cells by column name. */
export function recordsOf({ columns, rows }: Pick<ReportRows, 'columns' | 'rows'>) {
  return rows.map((cells) => rowRecordOf(columns, cells));
}

/** Counts rows up to MOST_COUNTED, or the end of the page if later, and one more, which shows that there are more. */
async function countRows(db: Database, kind: ReportKind, request: PageRequest): Promise<number> {
  const { sort: _, limit: __, offset = 0, search, ...rest } = request;
  const { order: _order, page: _page, packed: _packed, ...counted } = searched(kind, search);
  const counting: ReportKind = {
    ...counted,
    columns: [TOTAL],
    query: (scope) => {
      const most = scope.parameters.add(Math.max(MOST_COUNTED, offset + request.limit) + 1);
      return `select count(*) as total from (select from (${counted.query(scope)}) a limit ${most}::int8) c`;
    },
  };
  const { rows } = await openReport(db, counting, rest);
  for await (const batch of rows) return Number(batch[0]?.[0] ?? 0);
  return 0;
}

/**
 * The same kind, limited to rows in which some text or digest contains the text; case does not matter.
 * @param text undefined or empty: no limit
 */
export function searched(kind: ReportKind, text: string | undefined): ReportKind {
  if (!text) return kind;
  const searchable = kind.columns.flatMap((column) => {
    if (isText(column)) return [`lower("${column.name}")`];
    return column.type === 'digest' ? [digestText(`"${column.name}"`)] : [];
  });
  return selected(kind, (parameters) => {
    return `strpos(concat_ws(' ', ${searchable.join(', ')}), ${parameters.add(text.toLowerCase())}) > 0`;
  });
}

/** The same kind, limited to rows whose cell in a column is this text. */
export function withCell(kind: ReportKind, column: string, text: string): ReportKind {
  return selected(kind, (parameters) => `"${column}" = ${parameters.add(text)}`);
}

/** The same kind, limited by an SQL condition on its columns. */
function selected(kind: ReportKind, condition: (parameters: SqlParameters) => string): ReportKind {
  const { page: _, packed: __, ...rest } = kind;
  return {
    ...rest,
    query: (scope) => `select * from (${kind.query(scope)}) s where ${condition(scope.parameters)}`,
  };
}
