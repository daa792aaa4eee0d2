import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { itemOf } from '../../../src/audit/item-error.ts';
import { startAudit } from '../../../src/audit/start-audit.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { createLogger, type Logger } from '../../../src/log.ts';
import { parseRegistryHost, type RegistryHost } from '../../../src/oci/reference.ts';
import type { Lane } from '../../../src/queue/queue.ts';
import { loadSettings } from '../../../src/settings/load.ts';
import type { Environment, OciSource, Settings } from '../../../src/settings/settings.ts';
import { findAudit } from '../../../src/store/audit-store.ts';
import { type Installation, openInstallation, serveMetrics } from '../../../src/workers/installation.ts';
import { runScheduler } from '../../../src/workers/run-scheduler.ts';
import { runWorker } from '../../../src/workers/run-worker.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { emptyTables, newPostgresUrl } from '../../support/databases.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { answer } from '../../support/registry-faults.ts';
import { startRegistry } from '../../support/registry-server.ts';

const REGISTRY = parseRegistryHost('registry.example.com');

let databaseUrl: string;
let redis: TestRedis;
/** What the tests look at the database with. */
let db: Database;
let lines: readonly Record<string, unknown>[];

beforeAll(async () => {
  databaseUrl = await newPostgresUrl();
  redis = await startRedis();
  const first = await open();
  await first.close();
  db = await openDatabase({ url: databaseUrl, dataDir: '' });
});
afterAll(async () => {
  await db?.close();
  await redis?.stop();
});
beforeEach(async () => {
  await emptyTables(db);
  await redis.kill();
  await redis.start();
});

async function settingsOf(more: Partial<Settings> = {}): Promise<Settings> {
  return { ...(await loadSettings({ cwd: '/', env: {}, flags: {} })), databaseUrl, redisUrl: redis.url, ...more };
}

async function open(more: Partial<Settings> = {}, environment: Environment = {}): Promise<Installation> {
  return openInstallation({ settings: await settingsOf(more), environment, log: newLog() });
}

/** A log whose entries are in `lines`. */
function newLog(): Logger {
  lines = [];
  const stream = new Writable({
    write(line, _, done) {
      lines = [...lines, JSON.parse(String(line))];
      done();
    },
  });
  return createLogger({ level: 'debug', format: 'json', stream });
}

async function sourceAt(registry: RegistryHost): Promise<OciSource> {
  const { sourceDefaults } = await settingsOf();
  return { ...sourceDefaults, kind: 'oci', name: 'lab', registry, dedup: 'registry', plainHttp: true };
}

/** An audit of workers that has just begun, with the task that lists its source. */
async function startedAudit(registry = REGISTRY, lane: Lane = 'nightly'): Promise<number> {
  const sources = [await sourceAt(registry)];
  const now = '2026-11-24T02:00:00Z';
  return (await startAudit(db, { sources, lane, runner: 'queue', alone: false, now }))?.auditId ?? 0;
}

test('an audit whose last worker died before the next stage goes on when any process starts', async () => {
  const auditId = await startedAudit();
  await db.query('delete from audit_task');
  const { queue } = closedAfterTest(await open());
  await eventually(async () => expect(await findAudit(db, auditId)).toMatchObject({ stage: 'close' }));
  await eventually(async () =>
    expect(await queue.depths()).toContainEqual({ kind: 'close', lane: 'nightly', waiting: 1, active: 0, delayed: 0 }),
  );
});

test('tasks that Redis lost are queued again, which is logged and counted', async () => {
  await startedAudit();
  const { queue, metrics } = closedAfterTest(await open());
  await eventually(() =>
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'info', tasks: 1, msg: 'put back tasks that the queue had lost' }),
    ),
  );
  expect((await queue.depths()).filter(({ waiting }) => waiting > 0)).toMatchObject([{ kind: 'source', waiting: 1 }]);
  expect(await metrics.text()).toMatch(/^slimboard_tasks_requeued_total 1$/m);
});

test('an audit that waits for a worker gets signs of life: no other process may take it over', async () => {
  const auditId = await startedAudit();
  await db.query("update audit set heartbeat_at = now() - interval '1 hour'");
  closedAfterTest(await open());
  await eventually(async () =>
    expect(await db.query("select id from audit where heartbeat_at > now() - interval '1 minute'")).toEqual([
      { id: auditId },
    ]),
  );
});

test('requests that were counted since they were last stored are stored when it closes', async () => {
  const auditId = await startedAudit();
  const { requests, close } = await open();
  await requests.during(auditId, async () => {
    requests.count(false);
    requests.count(true);
  });
  await close();
  expect(await findAudit(db, auditId)).toMatchObject({ requests: 2, throttled: 1 });
});

test('items that failed are logged and counted, a whole source without the name of an item', async () => {
  const { engine, metrics } = closedAfterTest(await open());
  const { events } = engine.context;
  const failure = { code: 'not-found', message: 'gone', retry: 'never' } as const;
  events.itemFailed('lab', { ...itemOf(1, { registry: REGISTRY, name: 'app', tag: '1' }), ...failure }, 7);
  events.itemFailed('lab', { ...itemOf(1), ...failure }, 7);
  events.itemDone('unchanged', 3);
  const logged = { level: 'warn', audit: 7, source: 'lab', code: 'not-found', msg: 'gone' };
  const failed = lines.filter(({ msg }) => msg === 'gone');
  expect(failed).toMatchObject([{ ...logged, item: 'registry.example.com/app:1' }, logged]);
  expect(failed[1]).not.toHaveProperty('item');
  expect(await metrics.text()).toMatch(/^slimboard_items_total\{outcome="failed"\} 2$/m);
  expect(await metrics.text()).toMatch(/^slimboard_items_total\{outcome="unchanged"\} 3$/m);
});

test.each([
  ['finished', 'info'],
  ['incomplete', 'warn'],
  ['failed', 'warn'],
] as const)('the end of an audit is logged: %s as %s', async (status, level) => {
  const auditId = await startedAudit();
  const { engine } = closedAfterTest(await open());
  const audit = await findAudit(db, auditId);
  if (!audit) throw new Error('there is no audit');
  const counts = { repositoriesListed: 2, tagsListed: 9, tagsAudited: 4, tagsSkipped: 3, tagsFailed: 2 };
  engine.context.events.auditEnded({ ...audit, ...counts, status });
  expect(lines.filter(({ msg }) => msg === 'the audit has ended')).toMatchObject([
    { level, audit: auditId, status, repositories: 2, tags: 9, audited: 4, skipped: 3, failed: 2 },
  ]);
});

test('it is healthy while both Redis and Postgres answer', async () => {
  const metricsPort = await freePort();
  const installation = closedAfterTest(await open());
  await serveMetrics(installation, await settingsOf({ metricsPort }));
  const health = async () => (await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).status;
  expect(await health()).toBe(200);
  await redis.kill();
  await eventually(async () => expect(await health()).toBe(503));
});

test('a port of the metrics that is in use is refused', async () => {
  const metricsPort = await freePort();
  const settings = await settingsOf({ metricsPort });
  const installation = closedAfterTest(await open());
  await serveMetrics(installation, settings);
  await expect(serveMetrics(installation, settings)).rejects.toMatchObject({ code: 'settings' });
});

test.each([
  ['redisUrl', 'this command needs Redis: set SLIMBOARD_REDIS_URL'],
  ['databaseUrl', 'this command needs Postgres'],
] as const)('without the setting %s it is not opened', async (name, message) => {
  const { [name]: _, ...settings } = await settingsOf();
  const opened = openInstallation({
    settings,
    environment: {},
    log: createLogger({ level: 'silent', format: 'json', stream: process.stderr }),
  });
  await expect(opened).rejects.toMatchObject({ code: 'settings', message: expect.stringContaining(message) });
});

/** The other connections to the database. */
function connections(): Promise<readonly unknown[]> {
  return db.query(
    'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state is not null',
  );
}

test('closing it closes its connections, and the port of its metrics', async () => {
  const metricsPort = await freePort();
  const installation = await open();
  await serveMetrics(installation, await settingsOf({ metricsPort }));
  await installation.close();
  await expect(fetch(`http://127.0.0.1:${metricsPort}/healthz`)).rejects.toThrow('fetch failed');
  await eventually(() => expect(installation.redis.status).toBe('end'));
  await eventually(async () => expect(await connections()).toEqual([]));
});

test('what was opened before a failure is closed', async () => {
  const redisUrl = `redis://127.0.0.1:${await freePort()}`;
  await expect(open({ redisUrl })).rejects.toMatchObject({ code: 'queue-unavailable' });
  await eventually(async () => expect(await connections()).toEqual([]));
});

test('BullMQ is traced only if OpenTelemetry is configured', async () => {
  expect(closedAfterTest(await open()).telemetry).toBeUndefined();
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
  expect(closedAfterTest(await open({}, environment)).telemetry).toMatchObject({
    tracer: expect.anything(),
    meter: expect.anything(),
  });
});

test('a worker logs each attempt at a task by how it ended', async () => {
  const registry = closedAfterTest(await startRegistry());
  registry.fault({ path: /_catalog/ }, answer(403));
  const audit = await startedAudit(parseRegistryHost(registry.host));
  const stop = new AbortController();
  const running = runWorker({
    settings: await settingsOf(),
    environment: {},
    log: newLog(),
    signal: stop.signal,
    graceMs: 0,
  });
  // The tasks are found in the table: nobody has queued them.
  await eventually(() => expect(lines).toContainEqual(expect.objectContaining({ msg: 'task done', task: 'deliver' })));
  stop.abort();
  await running;
  const error = expect.objectContaining({ code: 'access-denied' });
  const durationMs = expect.any(Number);
  const attempts = lines.filter(({ msg }) => /^task /.test(String(msg)));
  expect(attempts).toMatchObject([
    { level: 'error', audit, task: 'source/lab', msg: 'task given-up', error, durationMs },
    { level: 'debug', audit, task: 'close', msg: 'task done', durationMs },
    { level: 'debug', audit, task: 'deliver', msg: 'task done', durationMs },
  ]);
  expect(await findAudit(db, audit)).toMatchObject({ status: 'failed', requests: registry.requests.length });
});

test('a worker that is told to stop while it starts takes no tasks', async () => {
  await startedAudit();
  const signal = AbortSignal.abort();
  await runWorker({ settings: await settingsOf(), environment: {}, log: newLog(), signal, graceMs: 0 });
  expect(lines.filter(({ msg }) => /^task |is ready/.test(String(msg)))).toEqual([]);
});

describe('a scheduler', () => {
  /** Runs one whose source has missed a slot, until it logs something of it. */
  async function logged(text: string): Promise<Record<string, unknown> | undefined> {
    await startedAudit();
    await db.query(
      `update audit set status = 'finished', started_at = now() - interval '3 days', finished_at = now() - interval '3 days'
       where lane = 'nightly'`,
    );
    await db.query('delete from audit_task');
    await db.query('update audit_source set running = false');
    const running = text.includes('started') ? undefined : await startedAudit(REGISTRY, 'adhoc');
    const source = { ...(await sourceAt(REGISTRY)), schedule: '0 2 * * *', timezone: 'UTC' };
    const settings = await settingsOf({ sources: [source] });
    const stop = new AbortController();
    const options = { settings, environment: {}, log: newLog(), signal: stop.signal, reload: async () => settings };
    const ended = runScheduler(options);
    await eventually(() => expect(lines).toContainEqual(expect.objectContaining({ msg: 'the scheduler is ready' })));
    stop.abort();
    await ended;
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'info', scheduled: ['lab'], msg: 'schedules updated from the settings' }),
    );
    const entry = lines.find(({ msg }) => msg === text);
    expect(entry?.audit).toBe(running ?? 2);
    return entry;
  }
  const slot = expect.stringMatching(/T02:00:00\.000Z$/);

  test('logs which audit it started for which slot', async () => {
    expect(await logged('audit started')).toMatchObject({ level: 'info', source: 'lab', slot });
  });

  test('logs which audit its slot waits for', async () => {
    const text = 'an audit outside the schedule is running: this slot starts when it has ended';
    expect(await logged(text)).toMatchObject({ level: 'info', source: 'lab', slot });
  });
});
