import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { EXIT, Interruption } from '../../../src/cli/exit-code.ts';
import type { Database } from '../../../src/database/database.ts';
import { migrate } from '../../../src/database/migrate.ts';
import { openDatabase } from '../../../src/database/open-database.ts';
import { digestBytes, digestOf } from '../../../src/oci/digest.ts';
import type { RegistryHost } from '../../../src/oci/reference.ts';
import { insertAudit } from '../../../src/store/audit-store.ts';
import { recordErrors } from '../../../src/store/error-store.ts';
import { findOrMakeSource } from '../../../src/store/source-store.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { runInProcess } from '../../support/program.ts';
import { startRedis } from '../../support/redis.ts';

let url: string;
let db: Database;

beforeAll(async () => {
  url = await newPostgresUrl();
  db = await openDatabase({ url, dataDir: '' });
  await migrate(db);
  const id = await findOrMakeSource(db, { name: 'lab', kind: 'oci', dedup: 'registry', platforms: 'all' });
  await insertAudit(db, {
    lane: 'adhoc',
    runner: 'process',
    options: { sources: [] },
    sourceIds: [id],
    tasks: [],
    now: new Date().toISOString(),
  });
  await db.query(
    `insert into repository (source_id, registry, name, first_seen_at, last_seen_at, seen_by, listed_by, tags_listed)
     values ($1, 'registry.example', 'app', now(), now(), 1, 1, 4)`,
    [id],
  );
});
beforeEach(async () => {
  await db.query(
    `update audit set status = 'running', runner = 'process', heartbeat_at = now(), finished_at = null, tags_listed = 0,
       tags_audited = 0, tags_skipped = 0, tags_failed = 0`,
  );
});
afterAll(() => db?.close());

test('watching an audit ends by a signal, with its exit code and without an error', async () => {
  const stop = new AbortController();
  const { code, stdout, stderr } = await runInProcess(
    '/',
    ['--database', url, 'status', '--watch'],
    {},
    {
      signal: stop.signal,
      onStdout: () => stop.abort(new Interruption('SIGTERM')),
    },
  );
  expect(code).toBe(EXIT.terminated);
  expect(stdout).toContain('audit         1 of lab\n');
  expect(stderr).toMatch(/^slimboard: stopped by SIGTERM/);
});

test('watching an audit that has ended shows it once; one that is not there is a mistake', async () => {
  await db.query("update audit set status = 'finished', finished_at = now()");
  const { code, stdout } = await runInProcess('/', ['--database', url, 'status', '--watch']);
  expect({ code, shown: stdout.match(/^audit /gm)?.length }).toEqual({ code: EXIT.done, shown: 1 });
  const missing = await runInProcess('/', ['--database', url, 'status', '999']);
  expect(missing).toMatchObject({ code: EXIT.usage, stdout: '', stderr: expect.stringContaining('999') });
});

describe('an audit that waits in the queue', () => {
  const status = async (redisUrl: string) => {
    const { code, stdout, stderr } = await runInProcess('/', ['--database', url, 'status'], {
      SLIMBOARD_REDIS_URL: redisUrl,
    });
    expect({ code, stdout }).toEqual({ code: EXIT.done, stdout: expect.stringContaining('running, stage inventory') });
    return stderr;
  };

  test('is said to have no worker if none is connected', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    expect(await status(redis.url)).toBe('');
    await db.query("update audit set runner = 'queue'");
    expect(await status(redis.url)).toBe(
      'slimboard: no worker is connected to this Redis: audits go on when "slimboard worker" runs\n',
    );
    await db.query("update audit set status = 'finished', finished_at = now()");
    const { stderr } = await runInProcess('/', ['--database', url, 'status'], { SLIMBOARD_REDIS_URL: redis.url });
    expect(stderr).toBe('');
  });

  test('is shown all the same if Redis does not answer', async () => {
    await db.query("update audit set runner = 'queue'");
    expect(await status('redis://127.0.0.1:1')).toMatch(
      /^slimboard: the audit waits in a queue that cannot be read: Redis at 127\.0\.0\.1:1 does not answer: .*\n$/,
    );
  });
});

test('before the first audit, it says how to start one', async () => {
  const empty = await newPostgresUrl();
  await runInProcess('/', ['--database', empty, 'migrate']);
  const { code, stdout, stderr } = await runInProcess('/', ['--database', empty, 'status']);
  expect({ code, stdout }).toEqual({ code: EXIT.usage, stdout: '' });
  expect(stderr).toContain('there is no audit yet: "slimboard audit HOST" runs one');
});

test('a running audit shows only what it has done', async () => {
  const { stdout } = await runInProcess('/', ['--database', url, 'status']);
  expect(stdout).toMatch(/^coverage {6}0\.00 % of the tags listed so far$/m);
});

test('a running audit does not count the tags that an earlier one stored and that it has still to read', async () => {
  await db.query(
    `with m as (insert into manifest (digest, media_type, kind, fetched_at) values ($1, '', 'image', now()) returning id)
     insert into tag (repository_id, name, manifest_id, started_at)
     select 1, name, m.id, now() from m, unnest(array['1', '2', '3']) as name`,
    [digestBytes(digestOf('image'))],
  );
  await db.query('insert into audit_task (audit_id, key, kind, payload) values (1, $1, $1, $2)', [
    'manifests',
    JSON.stringify({ repository: { id: 1 }, listed: [{ tag: '2' }, { tag: '3' }] }),
  ]);
  onTestFinished(async () => {
    for (const table of ['tag', 'manifest', 'audit_task']) await db.query(`delete from ${table}`);
  });
  const { stdout } = await runInProcess('/', ['--database', url, 'status']);
  expect(stdout).toMatch(/^tags {10}4 listed, 1 audited, 0 skipped, 0 failed$/m);
});

test('a running audit does not count what only other audits listed or failed to read, nor what has no tag', async () => {
  const source = await findOrMakeSource(db, { name: 'other', kind: 'oci', dedup: 'registry', platforms: 'all' });
  const start = { lane: 'adhoc', runner: 'process', options: { sources: [] }, tasks: [] } as const;
  const other = (await insertAudit(db, { ...start, sourceIds: [source], now: new Date().toISOString() })) ?? 0;
  const [{ id: elsewhere } = { id: 0 }] = await db.query<{ id: number }>(
    `insert into repository (source_id, registry, name, first_seen_at, last_seen_at, seen_by, listed_by, tags_listed)
     values ($1, 'registry.example', 'other', now(), now(), $2, $2, 90) returning id`,
    [source, other],
  );
  // Of its own repository: one tag, one that has ended, and a manifest without a tag.
  await db.query(
    `with m as (insert into manifest (digest, media_type, kind, fetched_at) values ($1, '', 'image', now()) returning id)
     insert into tag (repository_id, name, manifest_id, started_at, ended_at)
     select t.repository_id, t.name, m.id, now(), case when t.has_ended then now() end
     from m, (values (1, '1', false), (1, '0', true), (1, null, false), ($2::int8, '2', false)) t (repository_id, name, has_ended)`,
    [digestBytes(digestOf('image')), elsewhere],
  );
  await db.query('insert into audit_task (audit_id, key, kind, payload) values ($1, $2, $2, $3), (1, $2, $2, $4)', [
    other,
    'manifests',
    JSON.stringify({ repository: { id: 1 }, listed: [{ tag: '1' }] }),
    JSON.stringify({ repository: { id: elsewhere }, listed: [{ tag: '1' }] }),
  ]);
  const failure = { code: 'not-found', message: '', retry: 'never' } as const;
  const item = { sourceId: 1, registry: 'registry.example' as RegistryHost, repository: 'app', digest: '' as const };
  await recordErrors(db, 1, [{ ...item, tag: '', ...failure }], new Date().toISOString());
  await recordErrors(db, other, [{ ...item, tag: '3', ...failure }], new Date().toISOString());
  onTestFinished(async () => {
    for (const table of ['tag', 'manifest', 'audit_task', 'audit_error']) await db.query(`delete from ${table}`);
    await db.query('delete from repository where id = $1', [elsewhere]);
    await db.query('delete from audit where id = $1', [other]);
  });
  const { stdout } = await runInProcess('/', ['--database', url, 'status', '1']);
  expect(stdout).toMatch(/^repositories {2}1$/m);
  expect(stdout).toMatch(/^tags {10}4 listed, 1 audited, 0 skipped, 0 failed$/m);
  expect(stdout).toMatch(/^errors {8}1 not-found$/m);
  const { stdout: json } = await runInProcess('/', ['--database', url, 'status', '1', '--format', 'json']);
  expect(JSON.parse(json)).toMatchObject({ open_tasks: 1 });
});

test('a running audit counts a tag once, however many of its images failed', async () => {
  const item = { sourceId: 1, registry: 'registry.example' as RegistryHost, repository: 'app', tag: '1' };
  const failure = { code: 'not-found', message: '', retry: 'never' } as const;
  const errors = ['amd64', 'arm64'].map((name) => ({ ...item, digest: digestOf(name), ...failure }));
  await recordErrors(db, 1, errors, new Date().toISOString());
  onTestFinished(() => db.query('delete from audit_error').then(() => undefined));
  const { stdout } = await runInProcess('/', ['--database', url, 'status']);
  expect(stdout).toMatch(/^tags {10}4 listed, 0 audited, 0 skipped, 1 failed$/m);
  expect(stdout).toMatch(/^errors {8}2 not-found\n {14}"slimboard report errors --audit 1" lists them$/m);
  const { stdout: listed } = await runInProcess('/', ['--database', url, 'report', 'errors', '--audit', '1']);
  expect(listed.match(/not-found/g)).toHaveLength(2);
});

test('of several audits the newest that runs is shown, and the others are named; a stopped one gives way', async () => {
  const start = async (name: string): Promise<number> => {
    const id = await findOrMakeSource(db, { name, kind: 'oci', dedup: 'registry', platforms: 'all' });
    const now = new Date().toISOString();
    const audit = await insertAudit(db, {
      lane: 'adhoc',
      runner: 'process',
      options: { sources: [] },
      sourceIds: [id],
      tasks: [],
      now,
    });
    return audit ?? 0;
  };
  const [second, third] = [await start('second'), await start('third')];
  onTestFinished(() =>
    db.query('delete from audit where id = any($1::int8[])', [[second, third]]).then(() => undefined),
  );
  const status = () => runInProcess('/', ['--database', url, 'status']);
  const several = await status();
  expect(several.stdout).toContain(`audit         ${third} of third\n`);
  expect(several.stderr).toContain(`"slimboard status NUMBER" shows the others that run: ${second}, 1`);
  const wanted = await runInProcess('/', ['--database', url, 'status', '1']);
  expect(wanted).toMatchObject({ stdout: expect.stringContaining('audit         1 of lab\n'), stderr: '' });
  await db.query("update audit set runner = 'none' where id = $1", [third]);
  await db.query("update audit set status = 'finished', finished_at = now() where id = 1");
  expect(await status()).toMatchObject({ stdout: expect.stringContaining(`audit         ${second} of`), stderr: '' });
});

test('an audit is alive by the clock of its database, which this machine may not have', async () => {
  const shown = async () => (await runInProcess('/', ['--database', url, 'status'])).stdout;
  for (const silentFor of ["'2 minutes'", "'-5 minutes'"]) {
    await db.query(`update audit set heartbeat_at = now() - interval ${silentFor}`);
    expect(await shown()).toMatch(/^status {8}stopped, /m);
  }
  await db.query('update audit set heartbeat_at = now()');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 300_000 });
  onTestFinished(() => void vi.useRealTimers());
  expect(await shown()).toMatch(/^status {8}running, /m);
});

test('an audit whose process was stopped is shown as stopped at once', async () => {
  await db.query("update audit set runner = 'none', heartbeat_at = now()");
  const { stdout } = await runInProcess('/', ['--database', url, 'status']);
  expect(stdout).toMatch(/^status {8}stopped, .*; the next audit of its sources goes on from there$/m);
});

test('a finished audit shows how many tags were audited and which failed', async () => {
  await db.query(
    `update audit set status = 'incomplete', finished_at = '2026-03-10T03:00:00Z', heartbeat_at = '2026-03-10T03:00:00Z',
       repositories_listed = 3, tags_listed = 4, tags_audited = 1, tags_skipped = 2, tags_failed = 2`,
  );
  const { stdout } = await runInProcess('/', ['--database', url, 'status']);
  expect(stdout).toMatch(/^ended {9}2026-03-10T03:00:00(?:\.000)?Z$/m);
  expect(stdout).toMatch(/^repositories {2}3$/m);
  expect(stdout).toMatch(/^tags {10}4 listed, 1 audited, 2 skipped, 2 failed$/m);
  const json = await runInProcess('/', ['--database', url, 'status', '--format', 'json']);
  expect(json.stdout.split('\n')).toHaveLength(2);
  expect(JSON.parse(json.stdout)).toMatchObject({ status: 'incomplete', abandoned: false });
  expect(stdout).toMatch(/^coverage {6}75\.00 % of the tags listed, 2 of them skipped or of other kinds$/m);
  await db.query(
    "update audit set tags_skipped = 0, requests = 50, throttled = 3, started_at = finished_at - interval '10 seconds'",
  );
  const { stdout: rate } = await runInProcess('/', ['--database', url, 'status']);
  expect(rate).toMatch(/^requests {6}50 \(3 throttled\), 5 a second$/m);
  expect((await runInProcess('/', ['--database', url, 'status'])).stdout).toMatch(
    /^coverage {6}25\.00 % of the tags listed$/m,
  );
  await db.query('update audit set tags_listed = 0, tags_audited = 0, tags_failed = 0');
  expect((await runInProcess('/', ['--database', url, 'status'])).stdout).toMatch(/^coverage {6}nothing listed$/m);
});

test.each(['while it starts', 'while it waits'])(
  'a command ends in time after a signal %s, also if the database has fallen silent',
  async (when) => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const connected = once(silent, 'connection');
    const stop = new AbortController();
    const interrupt = () => stop.abort(new Interruption('SIGINT'));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { port } = silent.address() as AddressInfo;
    const args = ['--database', `postgres://127.0.0.1:${port}/slimboard`, 'report', 'teams'];
    if (when === 'while it starts') interrupt();
    const ended = runInProcess('/', args, {}, { signal: stop.signal });
    const [socket] = (await connected) as [Socket];
    if (when === 'while it waits') interrupt();
    await vi.advanceTimersByTimeAsync(8_000);
    const { code, stderr } = await ended;
    vi.useRealTimers();
    socket.destroy();
    silent.close();
    expect({ code, stderr }).toEqual({
      code: EXIT.interrupted,
      stderr: expect.stringContaining('stopped by SIGINT'),
    });
  },
);
