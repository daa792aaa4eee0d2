import type { Queryable, Row, SqlValue } from './database.ts';

const DEFAULT_BATCH_ROWS = 2_000;

/** What a cursor needs of a connection that is its own for as long as it is open. */
export interface CursorSession extends Queryable {
  /** The one text column of a FETCH, joined into a JSON list. */
  fetchJson(sql: string): Promise<string>;
}

/**
 * Streams a query's rows through a cursor, inside the caller's transaction. The database writes each row as JSON and
 * a batch is parsed at once: three to five times as fast as rows through the driver.
 */
export async function* streamByCursor<R = Row>(
  session: CursorSession,
  sql: string,
  parameters: readonly SqlValue[],
  batchRows = DEFAULT_BATCH_ROWS,
): AsyncGenerator<readonly R[]> {
  await session.query(
    `declare row_stream no scroll cursor for select row_to_json(q)::text as row from (${sql}) q`,
    parameters,
  );
  while (true) {
    const rows = JSON.parse(await session.fetchJson(`fetch ${batchRows} from row_stream`)) as R[];
    if (rows.length > 0) yield rows;
    if (rows.length < batchRows) break;
  }
  await session.query('close row_stream');
}
