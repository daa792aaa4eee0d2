import { Socket } from 'node:net';
import pg from 'pg';
import { SettingsError } from '../errors.ts';
import { streamByCursor } from './cursor.ts';
import type { Database, Queryable, Row, SqlValue } from './database.ts';
import { explainWaits } from './explain-waits.ts';
import { isReadOnly, mayTryAgain, openingFailureOf, storeFailureOf } from './pg-failure.ts';
import { watchConnections } from './watch-connections.ts';

const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
const TRANSACTION_ATTEMPTS = 5;
/**
 * Settings are per transaction, because a session behind PgBouncer cannot have any. JIT compilation, which Postgres
 * applies to statements that it expects to be expensive, took four fifths of the time of a leaderboard over a million
 * tags and made no statement faster. When this machine vanishes, Postgres would keep the transaction's locks, for which
 * other processes wait, for hours (`tcp_keepalives_idle`). Where a role's transactions are serializable by default, those of
 * concurrent audits would fail again and again; the statements are written for the usual isolation.
 */
const BEGIN =
  "begin isolation level read committed; set local jit = off; set local idle_in_transaction_session_timeout = '1min'";
/** Reports sort and count millions of rows; with the default of 4 MB they would do so on disk. */
const BEGIN_READING = "begin read only; set local jit = off; set local work_mem = '64MB'";

// Object identifiers of types, as in pg_type.dat.
const TYPE = { int8: 20, date: 1082, timestamptz: 1184, numeric: 1700 } as const;

const readTimestamp = pg.types.getTypeParser(TYPE.timestamptz);

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [TYPE.int8]: Number,
  [TYPE.numeric]: Number,
  [TYPE.date]: (text) => text,
  [TYPE.timestamptz]: (text) => (readTimestamp(text) as Date).toISOString(),
};

/**
 * Opens a pool of connections to Postgres 14 or newer. Statements are unnamed and no session state is kept, so it works
 * behind PgBouncer in transaction mode.
 * @throws SettingsError when the address, the user, the database or its encoding, or TLS is wrong
 * @throws StoreUnavailableError when nothing answers there
 */
export async function openPostgres(url: string): Promise<Database> {
  let first: Socket | undefined;
  const pool = new pg.Pool({
    connectionString: url,
    max: MAX_CONNECTIONS,
    // Sends queries without waiting for the results of earlier ones.
    pipeline: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    // Otherwise an answer from a server that vanished without closing its connections is awaited for ever.
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    application_name: 'slimboard',
    stream() {
      const socket = new Socket();
      first ??= socket;
      return socket;
    },
    types: {
      getTypeParser: (oid: number, format?: 'text') => parsers[oid] ?? pg.types.getTypeParser(oid, format),
    } as pg.CustomTypesConfig,
  });
  // The pool replaces a broken connection, and the next query on it gets the error; but an "error" event without a
  // listener would end the process. The pool emits it for idle connections, a client for itself while it is in a
  // transaction.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const stopWatching = watchConnections(pool);
  const stopExplaining = explainWaits(pool, (text) => process.emitWarning(text));
  const close = (): Promise<void> => {
    stopWatching();
    stopExplaining();
    return pool.end();
  };
  try {
    await checkServer(pool);
  } catch (error) {
    await close();
    // The driver leaves it open if it gives the login up itself, as without a password: this process would stay for a minute.
    first?.destroy();
    throw openingFailureOf(error);
  }
  return new PgDatabase(pool, close);
}

async function checkServer(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ encoding: string; dates: string; nulls: string }>(
    "select current_setting('server_encoding') as encoding, current_setting('datestyle') as dates, current_setting('array_nulls') as nulls",
  );
  const { encoding = '', dates = '', nulls = '' } = rows[0] ?? {};
  // Labels and histories of images may contain any character. SQL_ASCII keeps bytes as they are.
  if (encoding !== 'UTF8' && encoding !== 'SQL_ASCII')
    throw new SettingsError(
      `the database has the encoding ${encoding}, which lacks characters that images may contain: create one with encoding 'UTF8' template template0`,
    );
  // Timestamps in other styles cannot be read, and setting the style would be state of the session.
  if (!dates.startsWith('ISO'))
    throw new SettingsError(
      `the database writes dates in the style "${dates}", and only ISO can be read: alter the role in the database URL, or the database, with set datestyle = 'ISO'`,
    );
  if (nulls !== 'on')
    throw new SettingsError(
      'the database takes NULL in arrays for a text: alter the role in the database URL, or the database, with set array_nulls = on',
    );
}

class PgDatabase implements Database {
  readonly kind = 'postgres';
  readonly close: () => Promise<void>;
  readonly #pool: pg.Pool;

  constructor(pool: pg.Pool, close: () => Promise<void>) {
    this.#pool = pool;
    this.close = close;
  }

  query<R = Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly R[]> {
    return run<R>(this.#pool, sql, parameters);
  }

  async transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#inTransaction((client) => work(sessionOf(client)));
      } catch (error) {
        if (attempt >= TRANSACTION_ATTEMPTS || !mayTryAgain(error)) throw error;
      }
    }
  }

  async *streamTexts(
    sql: string,
    parameters: readonly SqlValue[] = [],
    batchRows?: number,
  ): AsyncGenerator<readonly string[]> {
    const client = await connect(this.#pool);
    try {
      await run(client, BEGIN_READING);
      yield* streamByCursor(sessionOf(client), sql, parameters, batchRows);
    } finally {
      await rollBack(client);
    }
  }

  async #inTransaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await connect(this.#pool);
    try {
      await run(client, BEGIN);
      const result = await work(client);
      await run(client, 'commit');
      client.release();
      return result;
    } catch (error) {
      await rollBack(client, isReadOnly(error));
      throw error;
    }
  }
}

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw storeFailureOf(error);
  }
}

/**
 * Rolls back a transaction whose connection may be broken, and returns the connection to the pool or discards it.
 * @param isOutdated whether another connection may lead to another server
 */
async function rollBack(client: pg.PoolClient, isOutdated = false): Promise<void> {
  try {
    await client.query('rollback');
    client.release(isOutdated);
  } catch (error) {
    client.release(error instanceof Error ? error : true);
  }
}

/**
 * Runs the statements of one transaction. When one has failed, Postgres refuses those sent after it: they fail for the same
 * reason, so that this is the reason that a caller of several gets, whichever failure it hears of first.
 */
function sessionOf(client: pg.PoolClient) {
  let failure: unknown;
  return {
    query: <R = Row>(sql: string, parameters: readonly SqlValue[] = []) =>
      run<R>(client, sql, parameters).catch((error: unknown) => {
        failure ??= error;
        throw failure;
      }),
    async fetchTexts(text: string): Promise<readonly string[]> {
      const rows = await run<readonly [string]>(client, { text, rowMode: 'array' });
      return rows.map(([value]) => value);
    },
  };
}

async function run<R>(
  client: pg.Pool | pg.PoolClient,
  sql: string | pg.QueryArrayConfig,
  parameters: readonly SqlValue[] = [],
): Promise<readonly R[]> {
  try {
    const { rows } = await client.query(sql as string, parameters as unknown[]);
    return rows as R[];
  } catch (error) {
    throw storeFailureOf(error);
  }
}
