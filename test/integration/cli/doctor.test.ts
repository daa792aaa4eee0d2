import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPostgresUrl } from '../../support/databases.ts';
import { runInProcess } from '../../support/program.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';

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

async function doctor(redisUrl: string) {
  const environment = { SLIMBOARD_REDIS_URL: redisUrl, SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  return runInProcess('/', ['doctor'], environment);
}

test('it tells which Redis answers, and that it keeps what it is given', async () => {
  const { code, stdout } = await doctor(server.url);
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(/^ok +redis: Redis \d+\.\d+/m);
});

test('a Redis that tells nothing of itself is an error, and no connection to it stays open', async () => {
  await redis.acl('SETUSER', 'mute', 'on', '>secret', '~*', '&*', '+@all', '-info');
  const { code, stdout } = await doctor(server.url.replace('//', '//mute:secret@'));
  expect(code, stdout).toBe(1);
  expect(stdout).toMatch(/^error +redis: .*NOPERM/m);
  await expect.poll(async () => String(await redis.client('LIST'))).not.toContain('user=mute');
});
