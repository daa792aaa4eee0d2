import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { END_OF_LIFE_REVIEWED } from '../../../src/classify/end-of-life.ts';
import { Interruption } from '../../../src/cli/exit-code.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { startFakeRedis } from '../../support/fake-redis.ts';
import { image } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { startRegistry } from '../../support/registry-server.ts';

let server: TestRedis;
let redis: Redis;

beforeAll(async () => {
  server = await startRedis();
  redis = new Redis(server.url);
});
afterAll(async () => {
  redis?.disconnect();
  await server?.stop();
});

async function doctor(redisUrl: string, cwd = '/') {
  const environment = { SLIMBOARD_REDIS_URL: redisUrl, SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  return runInProcess(cwd, ['doctor'], environment);
}

test('it reports the version of Redis, and that its eviction policy keeps all data, and leaves no connection', async () => {
  const { code, stdout } = await doctor(server.url);
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^ok +redis: Redis \d+\.\d+/m);
  // The one of this test.
  await expect.poll(async () => String(await redis.client('LIST')).match(/^id=/gm)).toHaveLength(1);
});

test('it tells a Valkey from the Redis that it claims to be compatible with', async () => {
  const valkey = await startFakeRedis(() => 'redis_version:7.2.4\r\nvalkey_version:8.1.1\r\nserver_mode:standalone');
  const { stdout } = await doctor(valkey.url);
  expect(stdout).toMatch(/^ok +redis: Valkey 8\.1\.1$/m);
  valkey.close();
});

test('a Redis that refuses INFO is an error, and its connection is closed', async () => {
  await redis.acl('SETUSER', 'mute', 'on', '>secret', '~*', '&*', '+@all', '-info');
  const { code, stdout } = await doctor(server.url.replace('//', '//mute:secret@'));
  expect(code, stdout).toBe(1);
  expect(stdout).toMatch(/^error +redis: .*NOPERM .*; grant its user/m);
  await expect.poll(async () => String(await redis.client('LIST'))).not.toContain('user=mute');
});

test('a Redis that refuses to write is an error', async () => {
  await redis.config('SET', 'maxmemory', '1');
  const { code, stdout } = await doctor(server.url);
  await redis.config('SET', 'maxmemory', '0');
  expect(code, stdout).toBe(1);
  expect(stdout).toMatch(/^error +redis: it refuses to write: OOM /m);
});

test.each([
  [
    'a login that is refused',
    (url: string) => url.replace('//', '//nobody:wrong@'),
    /refused the login: WRONGPASS .*check user and password/,
  ],
  ['a database that is none', (url: string) => `${url}/abc`, /the Redis URL must look like/],
  ['a password with ? as it stands', (url: string) => url.replace('//', '//:p@w?ss@'), /the Redis URL must look like/],
  ['a password with # as it stands', (url: string) => url.replace('//', '//:p@w#ss@'), /the Redis URL must look like/],
  ['a database that is not there', (url: string) => `${url}/99`, /has no database 99/],
])('%s is reported as such', async (_, urlOf, message) => {
  const { code, stdout } = await doctor(urlOf(server.url.replace(/\/$/, '')));
  expect(code, stdout).toBe(1);
  expect(stdout).toMatch(message);
});

test('an empty list of repositories is told once, with what to do', async () => {
  const registry = closedAfterTest(await startRegistry());
  const cwd = await newFolder();
  const { code, stdout, stderr } = await runInProcess(cwd, ['doctor', registry.host, '--plain-http']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const store = /^ok +embedded database: Postgres \S+ in (\S+), schema up to date$/m.exec(stdout)?.[1];
  expect(store).toBe(join(cwd, '.slimboard'));
  expect(stdout).toMatch(/^warning +\S+: list of repositories \(_catalog\) is empty: .* name the repositories/m);
  expect(stdout.match(/repositories \(_catalog\)|lists no repositories/g)).toHaveLength(1);
});

test('what can be listed of a source is told: the tags of its first repository, or that no repository matches', async () => {
  const registry = closedAfterTest(await startRegistry());
  for (const tag of ['1', '2']) registry.push('team/app', tag, image());
  const environment = { SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  const target = async (path: string) => {
    const { code, stdout } = await runInProcess(
      '/',
      ['doctor', `${registry.host}/${path}`, '--plain-http'],
      environment,
    );
    expect(code, stdout).toBe(0);
    return stdout.trimEnd().split('\n').at(-1);
  };
  expect(await target('team/app')).toMatch(
    /^ok .*: can list repositories, and tags \(2 in the first page of team\/app\)$/,
  );
  expect(await target('other/*')).toMatch(/^warning .*: reachable, but no repository that it lists matches/);
});

test('a missing variable of a notification is reported before the audit', async () => {
  const cwd = await newFolder();
  const notify = 'notify: [{ kind: webhook, url: "https://ci.example.com/x", secretFrom: SLIMBOARD_WEBHOOK_SECRET }]';
  await writeFile(join(cwd, 'slimboard.yaml'), notify);
  const { code, stdout } = await doctor(server.url, cwd);
  expect(code, stdout).toBe(1);
  expect(stdout).toMatch(/^error +notify: the environment variable SLIMBOARD_WEBHOOK_SECRET is not set/m);
});

test('a report that cannot be written is reported before the audit, and nothing is made', async () => {
  const cwd = await newFolder();
  const paths = ['new/{date}/teams.csv', 'slimboard.yaml/teams.csv'];
  const reports = paths.map((path) => `{ kind: teams, format: csv, path: "${path}" }`);
  await writeFile(join(cwd, 'slimboard.yaml'), `reports: [${reports}]`);
  const { code, stdout } = await doctor(server.url, cwd);
  expect(code, stdout).toBe(1);
  expect(stdout.match(/^.* reports: .*$/gm)).toEqual([
    expect.stringMatching(
      /^error +reports: cannot write slimboard\.yaml\/teams\.csv: \/.*\/slimboard\.yaml is not a folder$/,
    ),
  ]);
  expect(await readdir(cwd)).toEqual(['slimboard.yaml']);
});

test.each([
  [
    'http://me:hunter2@proxy.example.com:3128',
    0,
    /^ok +HTTPS_PROXY: requests go through proxy.example.com:3128, except/m,
  ],
  ['socks5://me:hunter2@proxy.example.com', 1, /^error +proxy: HTTPS_PROXY is the URL of a SOCKS proxy/m],
])('the proxy %s is reported', async (value, expected, message) => {
  const environment = { SLIMBOARD_DATABASE_URL: await newPostgresUrl(), HTTPS_PROXY: value };
  const { code, stdout } = await runInProcess('/', ['doctor'], environment);
  expect(code, stdout).toBe(expected);
  expect(stdout).toMatch(message);
  expect(stdout).not.toContain('hunter2');
});

test('the settings file that was read is named, or that there is none', async () => {
  const cwd = await newFolder();
  const environment = { SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  const settings = async () => (await runInProcess(cwd, ['doctor'], environment)).stdout.split('\n', 1)[0];
  expect(await settings()).toBe(`ok       settings: 0 sources, 0 teams; there is no slimboard.yaml in ${cwd}`);
  await writeFile(join(cwd, 'slimboard.yaml'), 'teams: [{ name: a, repositories: ["a/**"] }]');
  expect(await settings()).toBe(`ok       settings: 0 sources, 1 team in ${join(cwd, 'slimboard.yaml')}`);
});

test('two sources with the same tags are told apart from two with other tags, by audits too', async () => {
  const registry = closedAfterTest(await startRegistry());
  registry.push('team/app', '1', image());
  registry.push('team/app', '2', image());
  const cwd = await newFolder();
  const environment = { SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  const sources = ['one', 'two', 'three'].map(
    (name) => `{ name: ${name}, kind: oci, registry: "${registry.host}", tags: ["${name === 'three' ? 2 : 1}"] }`,
  );
  await writeFile(join(cwd, 'slimboard.yaml'), `sources: [${sources.join(', ')}]`);
  const run = (...args: string[]) => runInProcess(cwd, args, environment);
  const message = `one and two both have 1 repository, ${registry.host}/team/app: reports over all sources count it twice`;
  expect((await run('audit', 'one', 'three')).stderr).not.toContain('both have');
  expect((await run('audit', 'two')).stderr).toContain(message);
  expect((await run('audit', 'three')).stderr).not.toContain('both have');
  const { stdout } = await run('doctor');
  expect(stdout.match(/^warning .*/gm)).toEqual([expect.stringContaining(`sources: ${message}`)]);
});

test('end-of-life dates that are too old to know the newest releases are reported', async () => {
  const environment = { SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  const after = async (days: number) => {
    const now = () => new Date(Date.parse(END_OF_LIFE_REVIEWED) + days * 86_400_000);
    return (await runInProcess('/', ['doctor'], environment, { now })).stdout;
  };
  expect(await after(300)).not.toContain('end-of-life');
  expect(await after(301)).toMatch(/^warning +end-of-life dates: are those of \d{4}-\d\d-\d\d: .*newer slimboard/m);
});

test('a check that is interrupted is no failed one', async () => {
  const registry = closedAfterTest(await startRegistry());
  const stop = new AbortController();
  registry.fault({}, () => stop.abort(new Interruption('SIGTERM')));
  const environment = { SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  const { code, stdout } = await runInProcess('/', ['doctor', registry.host], environment, { signal: stop.signal });
  expect(code, stdout).toBe(143);
});
