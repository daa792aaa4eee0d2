import type { Database } from '../store/database.ts';
import type { ReportKind } from './kinds/kind.ts';
import { openReport, type ReportRequest } from './open-report.ts';
import { type AuditSummary, type Cells, type Column, recordOf } from './report.ts';

/** Some rows of a report, read whole, with how many there are in all. */
export interface ReportPage {
  readonly kind: string;
  readonly columns: readonly Column[];
  readonly audit: AuditSummary | null;
  readonly rows: readonly Cells[];
  readonly total: number;
}

export interface PageRequest extends ReportRequest {
  readonly limit: number;
  /** Text that any cell of text holds, whatever its case; or the beginning of a digest. */
  readonly search?: string;
}

/** @throws SettingsError as `openReport` does */
export async function readPage(db: Database, kind: ReportKind, request: PageRequest): Promise<ReportPage> {
  const wanted = request.search ? searched(kind, request.search) : kind;
  const report = await openReport(db, wanted, request);
  const rows: Cells[] = [];
  for await (const batch of report.rows) rows.push(...batch);
  const whole = rows.length < request.limit && (request.offset ?? 0) === 0;
  const total = whole ? rows.length : await countRows(db, wanted, request);
  return { kind: kind.name, columns: kind.columns, audit: report.audit, rows, total };
}

/** A page's rows by the names of their columns. */
export function recordsOf({ columns, rows }: Pick<ReportPage, 'columns' | 'rows'>) {
  return rows.map((cells) => recordOf(columns, cells));
}

const COUNT_COLUMN: Column = { name: 'count', type: 'integer', description: 'How many rows there are.' };

async function countRows(db: Database, kind: ReportKind, request: PageRequest): Promise<number> {
  const { sort: _, limit: __, offset: ___, ...rest } = request;
  const counting: ReportKind = {
    ...kind,
    columns: [COUNT_COLUMN],
    query: (scope) => `select count(*) as count from (${kind.query(scope)}) c`,
  };
  const { rows } = await openReport(db, counting, rest);
  for await (const batch of rows) return Number(batch[0]?.[0] ?? 0);
  return 0;
}

/** A kind whose rows are only those that hold a text. */
export function searched(kind: ReportKind, text: string): ReportKind {
  const searchable = kind.columns.flatMap(({ name, type }) => {
    if (type === 'text' || type === 'list') return [`lower("${name}")`];
    return type === 'digest' ? [`'sha256:' || encode("${name}", 'hex')`] : [];
  });
  return {
    ...kind,
    query: (scope) =>
      `select * from (${kind.query(scope)}) s
       where strpos(concat_ws(' ', ${searchable.join(', ')}), ${scope.parameters.add(text.toLowerCase())}) > 0`,
  };
}
