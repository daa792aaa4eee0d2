/**
 * The one door to the database, the same on Postgres and on the embedded PGlite: no LISTEN, no advisory locks, no
 * session state. Values come back alike from both: int8 and numeric as numbers (beyond 2^53 - 1 the nearest:
 * sums of made-up sizes must not end everybody's reports, and ids never get there), timestamptz as
 * ISO 8601 text in UTC, date as `YYYY-MM-DD`, bytea as Buffer, jsonb parsed.
 */

export type SqlValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly (string | number | boolean | null | Uint8Array)[];
export type Row = Readonly<Record<string, unknown>>;

/**
 * Statements of a transaction run in the order in which they are asked, so those that need no answer of one another are
 * asked together (`Promise.all`): the database works on one while the next is being written.
 */
export interface Queryable {
  /** @throws StoreUnavailableError when the connection is lost, or the transaction should be tried again */
  query<R = Row>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly R[]>;
}

export interface Database extends Queryable {
  readonly kind: 'postgres' | 'pglite';
  /** Runs several statements as one; tried again when the database asks for it (serialization failure, deadlock). */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Rows of a query in batches, in constant memory, by a cursor. The database writes them as JSON, so values are as
   * in JSON: bytea must be encoded by the query, timestamps come as ISO 8601 text with their offset.
   */
  stream<R = Row>(
    sql: string,
    parameters?: readonly SqlValue[],
    options?: { readonly batchRows?: number },
  ): AsyncIterable<readonly R[]>;
  /** The same of a query whose only column is text that is never null: as it is, and faster still. */
  streamTexts(
    sql: string,
    parameters?: readonly SqlValue[],
    options?: { readonly batchRows?: number },
  ): AsyncIterable<readonly string[]>;
  close(): Promise<void>;
}
