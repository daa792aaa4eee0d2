import type { Database } from '../store/database.ts';
import { digestText } from '../store/digest-text.ts';
import type { ReportKind } from './kinds/kind.ts';
import { openReport, type ReportRequest } from './open-report.ts';
import { type AuditSummary, type Cells, type Column, rowRecordOf } from './report.ts';

/** Some rows of a report, read whole. */
export interface ReportRows {
  readonly kind: string;
  readonly columns: readonly Column[];
  readonly audit: AuditSummary | null;
  readonly rows: readonly Cells[];
}

/** Some rows of a report, with how many there are in all: `total`, or more than that. */
export interface ReportPage extends ReportRows {
  readonly total: number;
  readonly isMore: boolean;
}

export interface PageRequest extends ReportRequest {
  readonly limit: number;
  /** Text that any cell of text holds, whatever its case; or the beginning of a digest. */
  readonly search?: string;
}

/** Counting on would take longer than anybody pages. */
const MOST_COUNTED = 10_000;

/** @throws SettingsError as `openReport` does */
export async function readPage(db: Database, kind: ReportKind, request: PageRequest): Promise<ReportPage> {
  const { told, ...page } = await readTotalled(db, kind, request);
  const before = request.offset ?? 0;
  const isLast = page.rows.length < request.limit && (page.rows.length > 0 || before === 0);
  const counted = isLast ? before + page.rows.length : (told ?? (await countRows(db, kind, request)));
  const shown = page.rows.length === 0 ? 0 : before + page.rows.length;
  const total = Math.max(Math.min(counted, MOST_COUNTED), shown);
  return { ...page, total, isMore: counted > total };
}

const TOTAL: Column = { name: 'total', type: 'integer', description: 'How many rows there are.' };

/** The rows; with `told`, how many there are in all, where the kind gives that along. */
async function readTotalled(
  db: Database,
  kind: ReportKind,
  request: PageRequest,
): Promise<ReportRows & { readonly told?: number }> {
  if (!kind.givesTotal || request.search) return readRows(db, kind, request);
  const page = await readRows(db, { ...kind, columns: [...kind.columns, TOTAL] }, request);
  const knownTotal = page.rows[0]?.at(-1);
  const rows = page.rows.map((cells) => cells.slice(0, -1));
  return { ...page, columns: kind.columns, rows, ...(typeof knownTotal === 'number' ? { told: knownTotal } : {}) };
}

/** @throws SettingsError as `openReport` does */
export async function readRows(db: Database, kind: ReportKind, request: PageRequest): Promise<ReportRows> {
  const report = await openReport(db, request.search ? searched(kind, request.search) : kind, request);
  const rows: Cells[] = [];
  for await (const batch of report.rows) rows.push(...batch);
  return { kind: kind.name, columns: kind.columns, audit: report.audit, rows };
}

/** A page's rows by the names of their columns. */
export function recordsOf({ columns, rows }: Pick<ReportRows, 'columns' | 'rows'>) {
  return rows.map((cells) => rowRecordOf(columns, cells));
}

/** One more than is counted means that there are more. */
async function countRows(db: Database, kind: ReportKind, request: PageRequest): Promise<number> {
  const { sort: _, limit: __, offset = 0, search, ...rest } = request;
  const { query } = search ? searched(kind, search) : kind;
  const counting: ReportKind = {
    name: kind.name,
    description: kind.description,
    columns: [TOTAL],
    filters: kind.filters,
    query: (scope) => {
      const most = scope.parameters.add(Math.max(MOST_COUNTED, offset + request.limit) + 1);
      return `select count(*) as total from (select from (${query(scope)}) a limit ${most}::int8) c`;
    },
  };
  const { rows } = await openReport(db, counting, rest);
  for await (const batch of rows) return Number(batch[0]?.[0] ?? 0);
  return 0;
}

/** A kind whose rows are only those that hold a text. */
export function searched(kind: ReportKind, text: string): ReportKind {
  const searchable = kind.columns.flatMap(({ name, type }) => {
    if (type === 'text' || type === 'list') return [`lower("${name}")`];
    return type === 'digest' ? [digestText(`"${name}"`)] : [];
  });
  const { page: _, shared: __, ...rest } = kind;
  return {
    ...rest,
    query: (scope) =>
      `select * from (${kind.query(scope)}) s
       where strpos(concat_ws(' ', ${searchable.join(', ')}), ${scope.parameters.add(text.toLowerCase())}) > 0`,
  };
}
