/**
 * The only access to the database, the same for Postgres and the embedded PGlite: no LISTEN, no advisory locks, no
 * session state. Both return the same values: int8 and numeric as numbers (beyond 2^53 - 1 the nearest one: an image
 * that claims absurd sizes must not break every report, and ids never get there), timestamptz as ISO 8601 text in UTC,
 * date as `YYYY-MM-DD`, bytea as Buffer, jsonb parsed.
 */

/** What a statement takes as a parameter. */
export type SqlValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | readonly (string | number | boolean | null | Uint8Array)[];
/** A row, by column. */
export type Row = Readonly<Record<string, unknown>>;

/**
 * Runs statements. Statements of one transaction run in the order in which they are issued, so those that do not need
 * each other's results are issued together (`Promise.all`): the database works on one while the next is being sent.
 */
export interface Queryable {
  /** @throws StoreUnavailableError when the connection is lost, or the transaction should be tried again */
  query<R = Row>(sql: string, parameters?: readonly SqlValue[]): Promise<readonly R[]>;
}

/** A database that is open. `close` ends its connections and, when embedded, releases its folder. */
export interface Database extends Queryable {
  readonly kind: 'postgres' | 'pglite';
  /**
   * Runs `work` in a transaction. It is run again when the database asks for that (serialization failure, deadlock).
   */
  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T>;
  /**
   * Streams a query's only column, text that is never null, in batches through a cursor, in constant memory. For rows,
   * see `streamRows`.
   */
  streamTexts(sql: string, parameters?: readonly SqlValue[], batchRows?: number): AsyncIterable<readonly string[]>;
  close(): Promise<void>;
}
