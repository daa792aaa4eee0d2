import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BullmqQueue } from '../../../src/queue/bullmq-queue.ts';
import { createQueueDashboard } from '../../../src/queue/queue-dashboard.ts';
import { task } from '../../support/task.ts';
import { fail, useRedis } from '../../support/use-redis.ts';

const redis = useRedis();
let queue: BullmqQueue;
let app: Hono;

beforeAll(async () => {
  queue = new BullmqQueue({ redis: redis(), onError: fail });
  await queue.add([task('manifests', 'm')]);
  app = new Hono().route('/queues', createQueueDashboard(queue.queues, '/queues'));
});
afterAll(() => queue?.close());

test('shows the queues and what is in them', async () => {
  const page = await app.request('/queues');
  expect(page.status).toBe(200);
  const text = await page.text();
  expect(text).toContain('<base href="/queues/"');
  expect(text, 'loads nothing from other hosts').not.toMatch(/(?:href|src)="https?:/);
  const answer = await app.request('/queues/api/queues?activeQueue=manifests-nightly&status=latest');
  const { queues } = (await answer.json()) as { queues: { name: string; readOnlyMode: boolean; counts: object }[] };
  expect(queues).toHaveLength(14);
  expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
  expect(queues.find(({ name }) => name === 'manifests-nightly')?.counts).toMatchObject({ waiting: 1 });
});

test.each([
  ['PUT', '/api/queues/pause'],
  ['PUT', '/api/queues/manifests-nightly/pause'],
  ['PUT', '/api/queues/manifests-nightly/obliterate'],
  ['PUT', '/api/queues/manifests-nightly/empty'],
  ['POST', '/api/queues/manifests-nightly/add'],
  ['PATCH', '/api/queues/manifests-nightly/1-m/update-data'],
  ['DELETE', '/api/queues/manifests-nightly'],
])('changes nothing: %s %s', async (method, path) => {
  const answer = await app.request(`/queues${path}`, { method, body: '{}' });
  expect(answer.status).toBe(405);
  const depth = (await queue.depths()).find(({ kind, lane }) => kind === 'manifests' && lane === 'nightly');
  expect(depth).toMatchObject({ waiting: 1 });
});
