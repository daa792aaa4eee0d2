import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { databaseSnapshot } from '../support/database-snapshot.ts';
import { newPostgresUrl } from '../support/databases.ts';
import { pushFleet } from '../support/fleet.ts';
import { type RunningProcess, startProcess } from '../support/processes.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

const FLEET = { repositories: 8, tags: 130 };
const ALL_TAGS = FLEET.repositories * FLEET.tags;

let registry: RegistryServer;
let folder: string;
/** What one process alone makes of the same registry. */
let expected: Awaited<ReturnType<typeof databaseSnapshot>>;
const opened: (() => Promise<unknown>)[] = [];

let redis: TestRedis;
let db: Database;
let environment: Record<string, string>;

beforeAll(async () => {
  registry = await startRegistry({ pageSize: 50 });
  pushFleet(registry, FLEET);
  folder = await mkdtemp(join(tmpdir(), 'slimboard-e2e-'));
  await writeFile(
    join(folder, 'slimboard.yaml'),
    `sources:
  - { name: lab, kind: oci, registry: "${registry.host}", plainHttp: true, schedule: "0 2 * * *", timezone: UTC }
teams:
  - { name: payments, repositories: ["payments/**"] }
`,
  );
  const url = await newPostgresUrl();
  const alone = slimboard(['audit'], { SLIMBOARD_DATABASE_URL: url });
  expect(await alone.exited, alone.output()).toBe(0);
  expected = await snapshotOf(url);
});
afterAll(async () => {
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  redis = await startRedis();
  const url = await newPostgresUrl();
  environment = { SLIMBOARD_DATABASE_URL: url, SLIMBOARD_REDIS_URL: redis.url };
  registry.forgetRequests();
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  await redis.stop();
});

function slimboard(args: readonly string[], env: Record<string, string>, file = 'slimboard.js'): RunningProcess {
  const running = startProcess(resolve('dist', file), args, { cwd: folder, env });
  opened.push(() => running.stop('SIGKILL'));
  return running;
}

async function startWorker(): Promise<RunningProcess> {
  const worker = slimboard([], environment, 'auditor.js');
  await worker.says('the worker is ready');
  return worker;
}

async function snapshotOf(url: string) {
  const database = await openDatabase({ url, dataDir: '' });
  try {
    return await databaseSnapshot(database);
  } finally {
    await database.close();
  }
}

/** The database of the workers, once a process of theirs has made its tables. */
async function openWorkersDatabase(): Promise<void> {
  db = await openDatabase({ url: environment.SLIMBOARD_DATABASE_URL ?? '', dataDir: '' });
  opened.push(() => db.close());
}

async function expectSameAsAlone(): Promise<void> {
  const snapshot = await databaseSnapshot(db);
  for (const [name, rows] of Object.entries(expected)) expect(snapshot[name], name).toEqual(rows);
  const [audit] = await db.query(
    'select status, tags_listed, tags_audited, tags_failed from audit order by id desc limit 1',
  );
  expect(audit).toEqual({ status: 'finished', tags_listed: ALL_TAGS, tags_audited: ALL_TAGS, tags_failed: 0 });
  expect(await db.query("select key from audit_task where kind <> 'deliver'")).toEqual([]);
}

describe('workers on Redis and Postgres', () => {
  test('two workers find what one process finds, and count every request', async () => {
    const workers = [await startWorker(), await startWorker()];
    await openWorkersDatabase();
    const now = slimboard(['schedule', '--now', '--wait'], environment);
    expect(await now.exited, now.output()).toBe(0);
    expect(now.output()).toContain('lab: audit 1 handed to the workers');
    await expectSameAsAlone();
    expect(await Promise.all(workers.map((worker) => worker.stop()))).toEqual([0, 0]);
    const [counted] = await db.query<{ requests: number }>('select requests from audit');
    expect(counted?.requests).toBe(registry.requests.length);
  });

  test('a scheduler catches up the night that was missed', async () => {
    await startWorker();
    await openWorkersDatabase();
    await db.query("insert into source (name, kind, dedup) values ('lab', 'oci', 'registry')");
    await db.query(
      `insert into audit (lane, status, stage, options, started_at, heartbeat_at, finished_at)
       select 'nightly', 'finished', 'done', '{}', t, t, t from (select now() - interval '3 days' as t) x`,
    );
    await db.query('insert into audit_source (audit_id, source_id, running) values (1, 1, false)');
    const schedulers = [slimboard([], environment, 'scheduler.js'), slimboard([], environment, 'scheduler.js')];
    await Promise.all(schedulers.map((scheduler) => scheduler.says('the scheduler is ready')));
    const wait = slimboard(['schedule', '--now', '--wait'], environment);
    await wait.exited;
    const nights = await db.query("select id from audit where lane = 'nightly'");
    expect(nights).toHaveLength(2);
    expect(await Promise.all(schedulers.map((scheduler) => scheduler.stop()))).toEqual([0, 0]);
  });

  test('all workers are killed, Redis forgets everything, and the audit ends as if nothing had happened', async () => {
    const first = [await startWorker(), await startWorker()];
    await openWorkersDatabase();
    // The registry goes silent in the middle of the audit, so that every worker has tasks in hand.
    let silent = 0;
    const speak = registry.fault({ path: /\/manifests\/v1[0-9]{2}$/ }, () => {
      silent++;
    });
    const now = slimboard(['schedule', '--now', '--wait'], environment);
    while (silent < 4) await db.query('select pg_sleep(0.02)');
    for (const worker of first) await worker.stop('SIGKILL');
    await redis.kill();
    speak();
    await redis.start();
    await Promise.all([startWorker(), startWorker()]);
    expect(await now.exited, now.output()).toBe(0);
    await expectSameAsAlone();
  });

  test('a registry that limits, fails and hangs up makes the audit slower, not smaller', async () => {
    const answer = (status: number, headers: Record<string, string> = {}) =>
      registry.fault({ path: /\/manifests\//, times: 3 }, (_request, response) => {
        response.writeHead(status, headers).end();
      });
    answer(429, { 'retry-after': '1' });
    answer(503);
    registry.fault({ path: /\/blobs\//, times: 3 }, (request) => request.socket.destroy());
    await Promise.all([startWorker(), startWorker()]);
    await openWorkersDatabase();
    const now = slimboard(['schedule', '--now', '--wait'], environment);
    expect(await now.exited, now.output()).toBe(0);
    await expectSameAsAlone();
  });
});
