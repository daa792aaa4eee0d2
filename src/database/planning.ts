/**
 * SQL: has Postgres plan each statement of this transaction as a whole. The views join a dozen relations; by default
 * Postgres reorders joins of up to eight only, and runs the rest as written: a page of the largest of a million images
 * then takes 6 s instead of 2.6, and the sums of a small source read the content of all others. It would also plan a
 * cursor for reading only a tenth of the rows.
 * @see PostgreSQL documentation, "Query Planning": join_collapse_limit, from_collapse_limit, cursor_tuple_fraction
 */
export const PLAN_AS_A_WHOLE =
  "select set_config('join_collapse_limit', '14', true), set_config('from_collapse_limit', '14', true), set_config('cursor_tuple_fraction', '1', true)";
