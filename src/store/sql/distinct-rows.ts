/**
 * SQL: the distinct rows of a relation. Where Postgres has no statistics, as of a query before version 17, it expects 200
 * distinct values, or a tenth of the rows, and would look up what belongs to a hundred thousand one by one; of a union it
 * expects all.
 */
export function distinctRows(columns: string, relation: string): string {
  return `select ${columns} from ${relation} union select ${columns} from ${relation} where false`;
}
