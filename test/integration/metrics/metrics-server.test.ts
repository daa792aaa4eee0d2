import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMetrics } from '../../../src/metrics/metrics.ts';
import { type MetricsServer, startMetricsServer } from '../../../src/metrics/metrics-server.ts';

let server: MetricsServer;
let isHealthy = async () => true;

beforeAll(async () => {
  const metrics = createMetrics();
  metrics.countItems('audited', 7);
  server = await startMetricsServer({ metrics, host: '127.0.0.1', port: 0, isHealthy: () => isHealthy() });
});
afterAll(() => server?.close());

const get = (path: string, method = 'GET') => fetch(`http://127.0.0.1:${server.port}${path}`, { method });

test('serves metrics as Prometheus reads them', async () => {
  const answer = await get('/metrics?x=1');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(await answer.text()).toContain('slimboard_items_total{outcome="audited"} 7');
});

test('says whether the process can work', async () => {
  const health = async () => {
    const answer = await get('/healthz');
    return `${answer.status} ${await answer.text()}`;
  };
  expect(await health()).toBe('200 ok\n');
  isHealthy = async () => false;
  expect(await health()).toBe('503 unavailable\n');
  isHealthy = () => Promise.reject(new Error('Redis is away'));
  expect(await health()).toBe('503 unavailable\n');
});

test.each([
  ['/', 'GET'],
  ['/metrics', 'POST'],
])('refuses anything else: %s %s', async (path, method) => {
  expect((await get(path, method)).status).toBe(404);
});

test('a port in use is a settings error that names it', async () => {
  const taken = startMetricsServer({ metrics: createMetrics(), host: '127.0.0.1', port: server.port, isHealthy });
  await expect(taken).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringContaining(`${server.port}: it is in use`),
  });
});

test('an address that is not of this machine is not told as a port in use', async () => {
  const refused = startMetricsServer({ metrics: createMetrics(), host: '192.0.2.1', port: 0, isHealthy });
  await expect(refused).rejects.toMatchObject({
    code: 'settings',
    message: expect.stringContaining('EADDRNOTAVAIL'),
  });
});
