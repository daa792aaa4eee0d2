import pg from 'pg';

const LOOK_EVERY_MS = 10_000;
const LONG_S = 5;

/** A client with the number of its process in Postgres, which the driver's types leave out. */
type Client = pg.PoolClient & { readonly processID: number };

interface Wait {
  readonly event: string;
  /** The processes that hold a lock which is waited for. */
  readonly blockers: readonly number[];
}

/** Of a pool behind PgBouncer it finds nothing: its clients do not know the processes of Postgres. */
const LONGEST_WAIT = `
  select event, blockers
  from (
    select wait_event as event, query_start, pg_blocking_pids(pid) as blockers
    from pg_stat_activity
    where pid = any ($1::integer[]) and query_start <= clock_timestamp() - $2 * interval '1 second'
      and (wait_event = 'SyncRep' or wait_event_type = 'Lock')
    offset 0) w
  -- A lock that nobody holds was given meanwhile.
  where event = 'SyncRep' or cardinality(blockers) > 0
  order by query_start
  limit 1`;

/**
 * Says what statements wait for, where that may be for ever and is not for slimboard to end: a lock, or a standby that
 * does not confirm a commit. They look like a command that hangs.
 * @param longS how long a statement has to wait (s)
 * @returns a function that ends it
 */
export function explainWaits(pool: pg.Pool, warn: (text: string) => void, longS = LONG_S): () => void {
  const used = new Set<Client>();
  pool.on('acquire', (client) => used.add(client as Client));
  pool.on('release', (_error, client) => used.delete(client as Client));
  const look = async (): Promise<void> => {
    if (used.size === 0) return;
    for (const wait of await ask(pool, [[...used].map(({ processID }) => processID), longS])) warn(textOf(wait));
  };
  // A database that does not answer fails what it was asked for; that is told.
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}

/** Asks over a connection of its own if the pool has none left: all that it has may wait. */
async function ask(pool: pg.Pool, parameters: readonly unknown[]): Promise<readonly Wait[]> {
  const isExhausted = pool.idleCount === 0 && pool.totalCount >= pool.options.max;
  if (!isExhausted) return (await pool.query<Wait>(LONGEST_WAIT, [...parameters])).rows;
  const client = new pg.Client(pool.options);
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Wait>(LONGEST_WAIT, [...parameters])).rows;
  } finally {
    await client.end();
  }
}

function textOf({ event, blockers }: Wait): string {
  if (event === 'SyncRep')
    return 'Postgres waits for a standby to confirm a commit: start one that its synchronous_standby_names asks for, or change that setting';
  return `Postgres waits for a lock of its process ${blockers.join(', ')}: see in pg_stat_activity what that does, and end it if it hangs`;
}
