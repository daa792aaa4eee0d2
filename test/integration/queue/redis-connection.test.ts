import type { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connectRedis } from '../../../src/queue/redis-connection.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

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

test('a command that a replica refuses is sent again over a new connection, until a primary accepts it', async () => {
  const before = await redis.client('ID');
  await admin.replicaof('127.0.0.1', server.port);
  const written = redis.set('key', 'value');
  await vi.waitFor(() => expect(errors).toEqual([expect.stringContaining('READONLY')]));
  await admin.replicaof('NO', 'ONE');
  expect(await written).toBe('OK');
  expect(await redis.client('ID')).not.toBe(before);
});

test('a command to a server that has fallen silent is sent again over a new connection', async () => {
  await admin.client('PAUSE', 300);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const answer = vi.fn();
  void redis.ping().then(answer);
  await vi.advanceTimersByTimeAsync(30_000);
  await vi.waitFor(() => expect(answer).toHaveBeenCalledWith('PONG'), { timeout: 10_000 });
  expect(errors).toEqual([expect.stringContaining('Socket timeout')]);
});

test('a replica is refused when it is connected to', async () => {
  await admin.replicaof('127.0.0.1', server.port);
  await expect(connectRedis(server.url, () => undefined)).rejects.toMatchObject({
    code: 'queue-unavailable',
    message: expect.stringContaining('name its primary'),
  });
});

test('a server in cluster mode is refused', async () => {
  const cluster = await startRedis({ cluster: true });
  const connected = connectRedis(cluster.url, () => undefined).finally(() => cluster.stop());
  await expect(connected).rejects.toMatchObject({ code: 'settings', message: expect.stringContaining('cluster mode') });
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
