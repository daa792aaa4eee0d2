import type { Queryable, SqlValue } from '../../database/database.ts';

// Rows on their way into a statement and out of it.

/**
 * One item of each key, sorted by key: two writers that store the same rows in one order never deadlock.
 * @param wins whether an item replaces an earlier one of its key; default: the last one stays
 */
export function distinctSorted<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  wins: (item: Item, other: Item) => boolean = () => true,
): readonly Item[] {
  const byKey = new Map<string, Item>();
  for (const item of items) {
    const key = keyOf(item);
    const other = byKey.get(key);
    if (other === undefined || wins(item, other)) byKey.set(key, item);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

type Scalar = string | number | boolean | null;

/** The keys of a row whose values Postgres can hold in a column. */
type ColumnOf<Row> = { [Key in keyof Row]-?: Row[Key] extends Scalar | undefined ? Key : never }[keyof Row];

/** The values of rows by column, an array for each key, as `unnest` takes them; an absent value becomes null. */
export function columnArrays<Row>(rows: readonly Row[], ...keys: readonly ColumnOf<Row>[]): readonly Scalar[][] {
  return keys.map((key) => rows.map((row) => (row[key] as Scalar | undefined) ?? null));
}

/** SQL after `on conflict do update`: sets these columns to what was to be inserted. */
export function setExcluded(columns: readonly string[]): string {
  return `set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}

/** Runs a statement. @returns whether it returns any row: something exists, or was changed */
export async function hasRows(db: Queryable, sql: string, parameters: readonly SqlValue[] = []): Promise<boolean> {
  return (await db.query(sql, parameters)).length > 0;
}

/** A row without the members that are null; its type declares these as optional. */
export function withoutNulls<Row extends object>(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Row;
}
