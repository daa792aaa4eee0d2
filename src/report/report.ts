import type { PackedRows } from './packed-rows.ts';

/** A report: named columns, and rows that formats write as they stream by. */
export interface Report {
  readonly kind: string;
  readonly columns: readonly Column[];
  /** The audit that the figures come from; null before the first one. */
  readonly audit: AuditSummary | null;
  /** As the database packed them, so that formats can copy cells; `unpackRows` reads the cells. */
  readonly rows: PackedRows;
  /** Why the column that the report is read for has no figures, if it has none. It is known when rows have been read. */
  readonly lack?: () => string | undefined;
}

/**
 * The version of the JSON format; changed when programs written for the last one could misread reports.
 * @see config/report.schema.json
 */
export const REPORT_SCHEMA = 'slimboard.report/1';

/** A column of a report. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** One sentence for users: what the column means, and in which unit. */
  readonly description: string;
  /** Left out of tables on a terminal, which have little room. */
  readonly detail?: true;
  /** What a row is about, and what people read the report for: a narrow terminal shows it before other columns. */
  readonly gist?: true;
}

/**
 * The type of a column's cells. `bytes` and `integer` are whole numbers, `timestamp` is `2026-11-23T02:00:00Z`,
 * `date` is `2026-11-23`, `digest` is `sha256:…`, `list` is `;`-separated, `percent` is 0 to 100, `money` is in the
 * configured currency.
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

/** A column without its name. `weight`: left out of tables on a terminal, or shown even on a narrow one. */
type ColumnDefinition = readonly [type: ColumnType, description: string, weight?: 'detail' | 'gist' | undefined];

/** Makes columns of their definitions by name, in the same order. */
export function defineColumns(definitions: Readonly<Record<string, ColumnDefinition>>): readonly Column[] {
  return Object.entries(definitions).map(([name, [type, description, weight]]) => ({
    name,
    type,
    description,
    ...(weight === 'detail' && { detail: true }),
    ...(weight === 'gist' && { gist: true }),
  }));
}

/** A value of a report; null: unknown, or not applicable. */
export type Cell = string | number | boolean | null;
/** One row: its cells in the order of the columns. */
export type Cells = readonly Cell[];

/** What readers of a report need to know about its audit: the time (ISO 8601, UTC), the sources, and the coverage. */
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

/** What the place where a report is shown can do. */
export interface FormatOptions {
  /** Whether the text goes to a terminal that shows colours; default no. */
  readonly colour?: boolean;
  /** The width of the terminal, in columns, that a table must fit; default: no limit. */
  readonly width?: number | undefined;
}

const NUMERIC: ReadonlySet<ColumnType> = new Set(['bytes', 'integer', 'number', 'percent', 'money']);

/** Whether a column holds numbers: aligned to the right, and never quoted as text. */
export function isNumeric({ type }: Column): boolean {
  return NUMERIC.has(type);
}

/** Whether a column holds texts from elsewhere, such as names; the cells of other columns are of slimboard's own making. */
export function isText({ type }: Column): boolean {
  return type === 'text' || type === 'list';
}

/** Whether a column is needed only to distinguish repositories of one name in several sources or registries. */
export function isOrigin({ name, detail }: Column): boolean {
  return detail === true && (name === 'source' || name === 'registry');
}

/**
 * The columns that say something about these rows: some have a value; of source and registry not all the same, and of
 * the registry not what the source tells already.
 */
export function informativeColumns(columns: readonly Column[], rows: readonly Cells[]): ReadonlySet<Column> {
  const source = columns.findIndex(({ name }) => name === 'source');
  const isInformative = (column: Column, index: number): boolean => {
    const known = rows.filter((cells) => (cells[index] ?? '') !== '');
    if (!isOrigin(column)) return known.length > 0;
    const told = (cells: Cells): unknown => (index > source ? cells[source] : undefined);
    return distinct(known, (cells) => [told(cells), cells[index]]) > distinct(known, (cells) => [told(cells)]);
  };
  return new Set(columns.filter(isInformative));
}

function distinct(rows: readonly Cells[], keyOf: (cells: Cells) => unknown): number {
  return new Set(rows.map((cells) => JSON.stringify(keyOf(cells)))).size;
}

/** A row of a report: its cells by column name. */
export type CellsByName = Readonly<Record<string, Cell>>;

/** A row as an object with cells by column name, as in JSON. */
export function rowRecordOf(columns: readonly Column[], cells: Cells): CellsByName {
  return Object.fromEntries(columns.map(({ name }, index) => [name, cells[index] ?? null]));
}
