type Scalar = string | number | boolean | null;

/** The keys of a row whose values Postgres can hold in a column. */
type ColumnOf<Row> = { [Key in keyof Row]-?: Row[Key] extends Scalar | undefined ? Key : never }[keyof Row];

/** The values of rows by column, an array for each key, as `unnest` takes them; an absent value becomes null. */
export function columnArrays<Row>(rows: readonly Row[], ...keys: readonly ColumnOf<Row>[]): readonly Scalar[][] {
  return keys.map((key) => rows.map((row) => (row[key] as Scalar | undefined) ?? null));
}
