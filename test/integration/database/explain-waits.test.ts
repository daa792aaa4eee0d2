import pg from 'pg';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { explainWaits } from '../../../src/database/explain-waits.ts';
import { storeFailureOf } from '../../../src/database/pg-failure.ts';
import { StoreUnavailableError } from '../../../src/errors.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { startPostgres } from '../../support/postgres.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval'] }));
afterEach(() => void vi.useRealTimers());

/** A pool, the texts that it warns with, and a function that lets its next look happen. */
function openPool(connectionString: string, max = 10) {
  const pool = new pg.Pool({ connectionString, max });
  pool.on('error', () => undefined).on('connect', (client) => client.on('error', () => undefined));
  const warnings: string[] = [];
  const stop = explainWaits(pool, (text) => void warnings.push(text), 0);
  onTestFinished(async () => {
    stop();
    await pool.end();
  });
  const untilWarned = () =>
    eventually(async () => {
      await vi.advanceTimersByTimeAsync(10_000);
      expect(warnings).not.toEqual([]);
    });
  return { pool, warnings, untilWarned };
}

test.each([10, 1])('a lock that a statement waits for is told with its holder, of a pool of %i', async (max) => {
  const url = await newPostgresUrl();
  const other = new pg.Client(url);
  await other.connect();
  await other.query('create table wanted ()');
  await other.query('begin; lock wanted');
  const { rows } = await other.query('select pg_backend_pid() as pid');
  const { pool, warnings, untilWarned } = openPool(url, max);
  const waiting = pool.query('select from wanted');
  await untilWarned();
  await other.end();
  await waiting;
  expect(new Set(warnings)).toEqual(new Set([expect.stringContaining(`a lock of its process ${rows[0].pid}:`)]));
});

test('a commit that no standby confirms is told', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const { pool, warnings, untilWarned } = openPool(server.url);
  await pool.query("alter system set synchronous_standby_names = 'nobody'");
  await pool.query('select pg_reload_conf()');
  // Commits wait from the moment at which the checkpointer, not their own process, has read the setting.
  const commits: Promise<unknown>[] = [];
  await eventually(async () => {
    commits.push(pool.query(`create table confirmed_${commits.length} ()`));
    const { rows } = await pool.query("select from pg_stat_activity where wait_event = 'SyncRep'");
    expect(rows).not.toEqual([]);
  });
  await untilWarned();
  await pool.query('alter system reset synchronous_standby_names');
  await pool.query('select pg_reload_conf()');
  await Promise.all(commits);
  expect(warnings[0]).toContain('synchronous_standby_names');
});

test('a statement that only takes long is not', async () => {
  const { pool, warnings } = openPool(await newPostgresUrl());
  const sleeping = pool.query('select pg_sleep(0.3)');
  for (let look = 0; look < 3; look++) {
    await vi.advanceTimersByTimeAsync(10_000);
    await pool.query('select');
  }
  await sleeping;
  expect(warnings).toEqual([]);
});

test('a database of which all connections are in use is not said to be away', async () => {
  const pool = new pg.Pool({ connectionString: await newPostgresUrl(), max: 1, connectionTimeoutMillis: 1_000 });
  onTestFinished(() => pool.end());
  const used = await pool.connect();
  onTestFinished(() => used.release());
  const failure = storeFailureOf(await pool.connect().catch((error: unknown) => error));
  expect(failure).toBeInstanceOf(StoreUnavailableError);
  expect(failure).toMatchObject({ message: expect.stringMatching(/^no connection to Postgres became free in time: /) });
});
