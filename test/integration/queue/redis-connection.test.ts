import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectRedis } from '../../../src/queue/redis-connection.ts';
import { eventually } from '../../support/eventually.ts';
import { startFakeRedis } from '../../support/fake-redis.ts';
import { freePort, listenOnFreePort } from '../../support/free-port.ts';
import { newFolder } from '../../support/new-folder.ts';
import { startProcess } from '../../support/processes.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { tlsFile } from '../../support/tls-fixtures.ts';

let server: TestRedis;
let redis: Redis;
/** Another connection. */
let admin: Redis;
const errors: string[] = [];

beforeEach(async () => {
  server = await startRedis();
  errors.length = 0;
  redis = await connectRedis(server.url, ({ message }) => void errors.push(message));
  admin = await connectRedis(server.url, () => undefined);
});
afterEach(async () => {
  vi.useRealTimers();
  redis.disconnect();
  admin.disconnect();
  await server.stop();
});

/** Lets time pass by hand, but not that of Node.js' own sockets. */
function fakeTimers(): void {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
}

test('a command that a replica refuses is sent again over a new connection, until a primary accepts it', async () => {
  const before = await redis.client('ID');
  await admin.replicaof('127.0.0.1', server.port);
  const written = redis.set('key', 'value');
  await eventually(() => expect(errors).toEqual([expect.stringContaining('READONLY')]));
  await admin.replicaof('NO', 'ONE');
  expect(await written).toBe('OK');
  expect(await redis.client('ID')).not.toBe(before);
});

test('many commands that a replica refuses at once are no warning in the log', async () => {
  const warned = vi.fn();
  process.on('warning', warned);
  await admin.replicaof('127.0.0.1', server.port);
  const written = Array.from({ length: 20 }, () => redis.set('key', 'value'));
  await eventually(() => expect(errors.length).toBeGreaterThanOrEqual(written.length));
  await admin.replicaof('NO', 'ONE');
  await Promise.all(written);
  process.off('warning', warned);
  expect(warned).not.toHaveBeenCalled();
});

test('a command that a replica without its primary refuses is sent again, until a primary accepts it', async () => {
  await admin.config('SET', 'replica-serve-stale-data', 'no');
  await admin.replicaof('127.0.0.1', await freePort());
  const answer = redis.eval('return 1', 0);
  await eventually(() => expect(errors).toContainEqual(expect.stringContaining('MASTERDOWN')));
  await admin.replicaof('NO', 'ONE');
  expect(await answer).toBe(1);
});

test('a command to a server that has fallen silent is sent again over a new connection', async () => {
  fakeTimers();
  const watched = await connectRedis(server.url, ({ message }) => void errors.push(message));
  server.pause();
  const answer = vi.fn();
  void watched.ping().then(answer);
  await vi.advanceTimersByTimeAsync(30_000);
  server.resume();
  await eventually(() => expect(answer).toHaveBeenCalledWith('PONG'));
  expect(errors).toEqual([expect.stringContaining('does not answer')]);
  watched.disconnect();
});

test('a new connection to a server that is silent from the start is replaced, too', async () => {
  fakeTimers();
  const watched = await connectRedis(server.url, ({ message }) => void errors.push(message));
  server.pause();
  await vi.advanceTimersByTimeAsync(30_000);
  await eventually(() => expect(watched.status).toBe('connect'));
  await vi.advanceTimersByTimeAsync(30_000);
  await eventually(() => expect(errors).toEqual(Array(2).fill(expect.stringContaining('does not answer'))));
  watched.disconnect();
});

test.each([
  ['never answers', ''],
  ['falls silent in its answer', '$100\r\n'],
])('a server that accepts connections and %s is told', async (_, begun) => {
  const silent = createServer((socket) => socket.on('error', () => undefined).once('data', () => socket.write(begun)));
  const connected = once(silent, 'connection') as Promise<[Socket]>;
  const port = await listenOnFreePort(silent);
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const opening = connectRedis(`redis://127.0.0.1:${port}`, () => undefined);
  const failed = expect(opening).rejects.toMatchObject({
    code: 'queue-unavailable',
    message: expect.stringMatching(/does not answer: it has been silent for 20 s; check/),
  });
  const [socket] = await connected;
  await once(socket, 'data');
  let isOver = false;
  void failed.finally(() => {
    isOver = true;
  });
  // The client reads what it has sent before the first look: what came before that says nothing at the second.
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  while (!isOver) await vi.advanceTimersByTimeAsync(20_000).then(() => setImmediate());
  await failed;
  silent.close();
});

test('a connection that was closed is watched no more', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const watched = await connectRedis(server.url, () => undefined);
  expect(vi.getTimerCount()).toBe(1);
  watched.disconnect();
  await eventually(() => expect(vi.getTimerCount()).toBe(0));
});

test('a server that wants a password is told', async () => {
  await admin.config('SET', 'requirepass', 'secret');
  await expect(connectRedis(server.url, () => undefined)).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringMatching(/refused the login: NOAUTH .*check user and password/),
  });
});

test('a server that loads its data is waited for', async () => {
  let asked = 0;
  const loading = await startFakeRedis(() => {
    asked += 1;
    return asked > 3 ? 'loading:0' : 'loading:1\r\nloading_eta_seconds:60';
  });
  fakeTimers();
  const opening = connectRedis(loading.url, () => undefined);
  for (let times = 1; times <= 3; times += 1) {
    while (asked < times) await setImmediate();
    await vi.advanceTimersByTimeAsync(10_000);
  }
  (await opening).disconnect();
  loading.close();
});

test('a connection that replaces one closed in the middle of a command stays open', async () => {
  fakeTimers();
  const watched = await connectRedis(server.url, ({ message }) => void errors.push(message));
  const popped = vi.fn();
  void watched.blpop('list', 0).then(popped);
  await eventually(async () => expect(await admin.client('LIST')).toContain('cmd=blpop'));
  await admin.client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await admin.lpush('list', 'value');
  await eventually(() => expect(popped).toHaveBeenCalledWith(['list', 'value']));
  const id = await watched.client('ID');
  for (let checks = 0; checks < 3; checks++) {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(await watched.client('ID')).toBe(id);
  }
  watched.disconnect();
});

test('a replica is refused when it is connected to', async () => {
  await admin.replicaof('127.0.0.1', server.port);
  await expect(connectRedis(server.url, () => undefined)).rejects.toMatchObject({
    code: 'queue-unavailable',
    message: expect.stringContaining('name its primary'),
  });
});

test.each([
  ['cluster', 'the primary of one without it'],
  ['sentinel', 'the primary that it watches'],
] as const)('a server in %s mode is refused, also where the URL names a database', async (mode, instead) => {
  const other = await startRedis({ mode });
  for (const database of ['', '/2'])
    await expect(connectRedis(`${other.url}${database}`, () => undefined)).rejects.toMatchObject({
      code: 'settings',
      message: expect.stringMatching(`${mode} mode.*${instead}`),
    });
  await other.stop();
});

/** @param name of the certificate: see fixtures/tls */
async function startTlsRedis(name: '' | 'other-') {
  const tlsPort = await freePort();
  const files = ['cert', 'key', 'ca-cert'].flatMap((option) => [
    `--tls-${option}-file`,
    tlsFile(`${name}${option === 'key' ? 'key' : 'cert'}.pem`),
  ]);
  const redis = await startRedis({ more: ['--tls-port', String(tlsPort), ...files] });
  return { redis, url: `rediss://127.0.0.1:${tlsPort}` };
}

test('a Valkey in cluster mode is refused, which calls its mode otherwise', async () => {
  const valkey = await startFakeRedis(() => 'redis_version:7.2.4\r\nvalkey_version:8.1.1\r\nserver_mode:cluster');
  await expect(connectRedis(valkey.url, () => undefined)).rejects.toThrow('cluster mode');
  valkey.close();
});

test('what is wrong with certificates is told', async () => {
  const { redis: other, url } = await startTlsRedis('');
  const failure = async () => connectRedis(url, () => undefined).catch((error: unknown) => error);
  expect(await failure()).toMatchObject({ code: 'settings', message: expect.stringContaining('NODE_EXTRA_CA_CERTS') });
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  const asksForOne = { code: 'settings', message: expect.stringContaining('tls-auth-clients') };
  // Now and then the system tells of the closed connection before the alert is read.
  await eventually(async () => expect(await failure()).toMatchObject(asksForOne));
  vi.unstubAllEnvs();
  await other.stop();
});

test('a certificate for another host is told', async () => {
  const { redis: other, url } = await startTlsRedis('other-');
  // Node.js reads the authorities when a process starts.
  const env = { NODE_EXTRA_CA_CERTS: tlsFile('other-cert.pem'), SLIMBOARD_REDIS_URL: url };
  const doctor = startProcess(resolve('dist/slimboard.cjs'), ['doctor'], { cwd: await newFolder(), env });
  await doctor.exited;
  expect(doctor.output()).toMatch(/redis: TLS to Redis at \S+ failed: .*altnames.*: name a host that is in/);
  await other.stop();
});

test('a server that evicts any key is refused if its memory has a limit', async () => {
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  (await connectRedis(server.url, () => undefined)).disconnect();
  await admin.config('SET', 'maxmemory', '100mb');
  await expect(connectRedis(server.url, () => undefined)).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringContaining('maxmemory-policy to noeviction'),
  });
  await admin.config('SET', 'maxmemory-policy', 'volatile-lru');
  (await connectRedis(server.url, () => undefined)).disconnect();
});
