/**
 * SQL: has Postgres plan the statements of this transaction as a whole. The views join a dozen relations, and of more than
 * eight some would be planned as they are written: for a page of the largest of a million images in 6 s, not 2.6; for the
 * sums of a small source by reading all others' content. And of a cursor it would think that a tenth is read.
 * @see PostgreSQL documentation, "Query Planning": join_collapse_limit, from_collapse_limit, cursor_tuple_fraction
 */
export const PLAN_AS_A_WHOLE =
  "select set_config('join_collapse_limit', '14', true), set_config('from_collapse_limit', '14', true), set_config('cursor_tuple_fraction', '1', true)";
