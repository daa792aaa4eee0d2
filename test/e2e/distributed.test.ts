import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pushFleet } from '../support/fleet.ts';
import {
  expectSame,
  type Installation,
  type Snapshot,
  snapshotAlone,
  startInstallation,
} from '../support/installation.ts';
import { answer } from '../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

const FLEET = { repositories: 8, tags: 130 };
const ALL_TAGS = FLEET.repositories * FLEET.tags;

let registry: RegistryServer;
let settings: string;
let expected: Snapshot;
let installation: Installation;

beforeAll(async () => {
  registry = await startRegistry({ pageSize: 50 });
  pushFleet(registry, FLEET);
  settings = `sources:
  - { name: lab, kind: oci, registry: "${registry.host}", plainHttp: true, schedule: "0 2 * * *", timezone: UTC }
teams:
  - { name: payments, repositories: ["payments/**"] }
`;
  expected = await snapshotAlone(settings);
});
afterAll(() => registry?.close());

beforeEach(async () => {
  installation = await startInstallation({ settings });
  registry.forgetRequests();
});
afterEach(() => installation.close());

describe('workers on Redis and Postgres', () => {
  test('two workers find what one process finds, and count every request', async () => {
    const workers = [await installation.startWorker(), await installation.startWorker()];
    const db = await installation.openDatabase();
    const now = installation.slimboard(['schedule', '--now', '--wait']);
    expect(await now.exited, now.output()).toBe(0);
    expect(now.output()).toContain('lab: audit 1 handed to the workers');
    expect(now.output()).not.toContain('no worker is connected');
    await expectSame(db, expected, ALL_TAGS);
    expect(await Promise.all(workers.map((worker) => worker.stop()))).toEqual([0, 0]);
    const logs = workers.map((worker) => worker.output()).join('');
    const end = /the audit has ended audit=1 status=finished repositories=8 tags=1040 audited=1040 skipped=0 failed=0/g;
    expect(logs.match(end)).toHaveLength(1);
    const [counted] = await db.query<{ requests: number }>('select requests from audit');
    expect(counted?.requests).toBe(registry.requests.length);
  });

  test('audits without a worker are reported, and begin when one starts', async () => {
    const now = installation.slimboard(['--log-format', 'json', 'schedule', '--now', '--wait']);
    await now.waitForOutput('"msg":"no worker is connected to this Redis');
    const status = installation.slimboard(['status']);
    expect(await status.exited).toBe(0);
    expect(status.output()).toContain('slimboard: no worker is connected to this Redis');
    await installation.startWorker();
    expect(await now.exited, now.output()).toBe(0);
  });

  test('an item that failed is logged with its audit, source, name and code', async () => {
    const heal = registry.fault({ path: /\/manifests\/v7$/ }, answer(403));
    const worker = installation.slimboard(['--log-format', 'json', 'worker']);
    expect(await installation.slimboard(['schedule', '--now', '--wait']).exited).toBe(4);
    heal();
    await worker.waitForOutput('the audit has ended');
    await worker.stop();
    const lines = worker.output().trim().split('\n');
    const [failed] = lines.map((line) => JSON.parse(line) as object).filter((line) => 'code' in line);
    const item = expect.stringMatching(`^${registry.host}/.+:v7$`);
    expect(failed).toMatchObject({ level: 'warn', audit: 1, source: 'lab', item, code: 'access-denied' });
  });

  test('what a library writes to the console is one line of the log', async () => {
    const redis = new Redis(installation.redis.url);
    await redis.config('SET', 'maxmemory-policy', 'volatile-lru');
    redis.disconnect();
    const worker = installation.slimboard(['--log-format', 'json', 'worker']);
    await worker.waitForOutput('is ready');
    await worker.waitForOutput('Eviction policy');
    await worker.stop();
    const lines = worker.output().trim().split('\n');
    const messages = lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
    expect(messages.filter((message) => message.includes('Eviction policy'))).toHaveLength(1);
  });

  test('a scheduler catches up a missed audit', async () => {
    await installation.startWorker();
    const db = await installation.openDatabase();
    await db.query("insert into source (name, kind, dedup) values ('lab', 'oci', 'registry')");
    await db.query(
      `insert into audit (lane, status, stage, options, started_at, heartbeat_at, finished_at)
       select 'nightly', 'finished', 'deliver', '{}', t, t, t from (select now() - interval '3 days' as t) x`,
    );
    await db.query('insert into audit_source (audit_id, source_id, running) values (1, 1, false)');
    const schedulers = [installation.slimboard([], 'scheduler.js'), installation.slimboard([], 'scheduler.js')];
    await Promise.all(schedulers.map((scheduler) => scheduler.waitForOutput('the scheduler is ready')));
    const wait = installation.slimboard(['schedule', '--now', '--wait']);
    await wait.exited;
    const nights = await db.query("select id from audit where lane = 'nightly'");
    expect(nights).toHaveLength(2);
    expect(await Promise.all(schedulers.map((scheduler) => scheduler.stop()))).toEqual([0, 0]);
  });

  test('a scheduler without schedules says so, and waits for them', async () => {
    const scheduler = installation.slimboard(['--config', '/dev/null', 'schedule']);
    await scheduler.waitForOutput('no source in the settings has a schedule');
    await scheduler.waitForOutput('the scheduler is ready');
    expect(await scheduler.stop()).toBe(0);
  });

  test('a scheduler and a worker end when they are told to, also while Redis is away', async () => {
    const processes = [installation.slimboard(['schedule']), installation.slimboard(['worker', '--grace', '0'])];
    await Promise.all(processes.map((one) => one.waitForOutput('is ready')));
    await installation.redis.kill();
    await Promise.all(processes.map((one) => one.waitForOutput('Redis failed, it will be tried again')));
    expect(await Promise.all(processes.map((one) => one.stop()))).toEqual([0, 0]);
  });
});
