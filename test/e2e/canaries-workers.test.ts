import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newPostgresUrl } from '../support/databases.ts';
import { image } from '../support/image-builder.ts';
import { type Installation, startInstallation } from '../support/installation.ts';
import { answer, redirect } from '../support/registry-faults.ts';
import { type RegistryServer, startRegistry } from '../support/registry-server.ts';

/** Secrets that workers are given, or that images hold. */
const CANARY = 'Qz7canary';
const PASSWORD = `${CANARY}Password`;

let registry: RegistryServer;
let installation: Installation;
/** What lay in Redis and Postgres, and what processes said: by the moment. */
const seen: Record<string, string> = {};

beforeAll(async () => {
  registry = await startRegistry({ auth: { kind: 'token', username: 'auditor', password: PASSWORD } });
  const env = [`DB_PASSWORD=${CANARY}Env and ${CANARY}Words`];
  const history = [{ created_by: `|1 NPM_TOKEN=two ${CANARY}Words /bin/sh -c npm ci` }];
  registry.push('app/leaky', '1', image({ layers: ['leaky'], config: { Env: env }, history }));
  for (const name of ['delayed', 'lost', 'redirected']) registry.push(`app/${name}`, '1', image({ layers: [name] }));
  // Four failures use up the attempts of a request: the task is put off.
  registry.fault({ path: /app\/delayed\/tags/, times: 4 }, answer(500));
  registry.fault({ path: /app\/lost\/manifests/ }, answer(403, {}, 'DENIED'));
  registry.fault(
    { path: /app\/redirected\/blobs/ },
    redirect(`${registry.blobHostUrl}/gone?X-Amz-Signature=${CANARY}`),
  );
  installation = await startInstallation({
    settings: `sources: [{ name: lab, kind: oci, registry: "${registry.host}" }]\n`,
    databaseUrl: Object.assign(new URL(await newPostgresUrl()), { password: PASSWORD }).href,
    env: { SLIMBOARD_REGISTRY_LAB_USERNAME: 'auditor', SLIMBOARD_REGISTRY_LAB_PASSWORD: PASSWORD },
  });
  await auditOnWorkers();
});
afterAll(async () => {
  await installation.close();
  await registry.close();
});

async function auditOnWorkers(): Promise<void> {
  const redis = new Redis(installation.redis.url);
  const scheduler = installation.slimboard(['--log-level', 'debug', 'schedule', '--now']);
  await scheduler.exited;
  seen['Redis, tasks waiting'] = await contentOfRedis(redis);
  const worker = installation.slimboard(['--log-level', 'debug'], 'auditor.js');
  await vi.waitUntil(async () => (await delayedTasks(redis)) > 0, { timeout: 240_000, interval: 20 });
  seen['Redis, a task put off'] = await contentOfRedis(redis);
  const waiting = installation.slimboard(['schedule', '--now', '--wait']);
  await waiting.exited;
  seen['Redis, all tasks done'] = await contentOfRedis(redis);
  await worker.stop();
  redis.disconnect();
  seen['what processes said'] = [scheduler, worker, waiting].map((running) => running.output()).join('\n');
  const { stdout } = await promisify(execFile)('pg_dump', ['--dbname', installation.databaseUrl], {
    maxBuffer: 100_000_000,
  });
  seen.Postgres = stdout;
}

async function delayedTasks(redis: Redis): Promise<number> {
  const counts = await Promise.all((await redis.keys('*:delayed')).map((key) => redis.zcard(key)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Every key with its value, whatever its type. */
async function contentOfRedis(redis: Redis): Promise<string> {
  const values: unknown[] = [];
  for (const key of await redis.keys('*')) values.push(key, await contentOf(redis, key));
  return JSON.stringify(values);
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key);
  if (type === 'hash') return redis.hgetall(key);
  if (type === 'list') return redis.lrange(key, 0, -1);
  if (type === 'set') return redis.smembers(key);
  if (type === 'zset') return redis.zrange(key, 0, -1);
  return type === 'stream' ? redis.xrange(key, '-', '+') : redis.get(key);
}

test('workers used the secrets, and stored results', () => {
  expect(registry.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
  expect(seen['Redis, tasks waiting']).toContain('source');
  expect(seen['Redis, a task put off']).toContain('repository');
  expect(seen.Postgres).toContain('app/leaky');
  for (const code of ['access-denied', 'secret-in-env', 'secret-in-history']) expect(seen.Postgres).toContain(code);
});

test.each([
  'Redis, tasks waiting',
  'Redis, a task put off',
  'Redis, all tasks done',
  'Postgres',
  'what processes said',
])('no secret appears in: %s', (moment) => {
  const content = seen[moment] ?? '';
  expect(content).not.toBe('');
  const pair = Buffer.from(`auditor:${PASSWORD}`).toString('base64');
  for (const form of [CANARY, Buffer.from(CANARY).toString('hex'), pair]) expect(content).not.toContain(form);
});
