import type { PackedRows } from './packed-rows.ts';

/** A report: named columns and the rows under them, which any format writes without holding them. */
export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  readonly kind: string;
  readonly columns: readonly Column[];
  /** The audit that the figures are of; null before the first one. */
  readonly audit: AuditSummary | null;
  readonly rows: AsyncIterable<readonly Cells[]>;
  /** The same rows as the database packed them, for formats that need not take them apart; either is read, once. */
  readonly packed?: PackedRows;
}

/** Changes when a reader of the last version could misread the next one. @see config/report.schema.json */
export const REPORT_SCHEMA = 'slimboard.report/1';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** One sentence, for people who read the report: what it means, in which unit. */
  readonly description: string;
  /** Left out of tables on a terminal, which have room for the gist only. */
  readonly detail?: true;
  /** Shown on a terminal before others, however narrow it is. */
  readonly gist?: true;
}

/**
 * How a column's cells read. `bytes` and `integer` are whole numbers, `timestamp` is `2026-11-23T02:00:00Z`, `date` is
 * `2026-11-23`, `digest` is `sha256:…`, `list` is `;`-separated, `percent` is 0 to 100, `money` is in the configured currency.
 */
export type ColumnType =
  | 'text'
  | 'list'
  | 'digest'
  | 'bytes'
  | 'integer'
  | 'number'
  | 'percent'
  | 'money'
  | 'boolean'
  | 'timestamp'
  | 'date';

export type Cell = string | number | boolean | null;
/** One row: its cells in the order of the columns. */
export type Cells = readonly Cell[];

/** An audit as a report's reader needs it: when, of what, and how much of it was covered. */
export interface AuditSummary {
  readonly id: number;
  readonly status: string;
  readonly sources: readonly string[];
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly repositories_listed: number;
  readonly tags_listed: number;
  readonly tags_audited: number;
  readonly tags_skipped: number;
  readonly tags_failed: number;
}

/** Writes a report as text, piece by piece. */
export type Format = (report: Report, options: FormatOptions) => AsyncIterable<string>;

export interface FormatOptions {
  /** Whether the text goes to a terminal that shows colours; default no. */
  readonly colour?: boolean;
  /** How wide a table may get, in columns of the terminal; default: as wide as it is. */
  readonly width?: number;
}

const NUMERIC: ReadonlySet<ColumnType> = new Set(['bytes', 'integer', 'number', 'percent', 'money']);

/** Whether a column holds numbers: aligned to the right, and never quoted as text. */
export function isNumeric({ type }: Column): boolean {
  return NUMERIC.has(type);
}

/** A row as an object by column names, as JSON has it. */
export function rowRecordOf(columns: readonly Column[], cells: Cells): Readonly<Record<string, Cell>> {
  const record: Record<string, Cell> = {};
  columns.forEach(({ name }, index) => {
    record[name] = cells[index] ?? null;
  });
  return record;
}
