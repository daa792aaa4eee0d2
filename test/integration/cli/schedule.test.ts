import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { newPostgresUrl } from '../../support/databases.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';
import { startRedis } from '../../support/redis.ts';

const environment = {
  SLIMBOARD_REDIS_URL: 'redis://127.0.0.1:1',
  SLIMBOARD_DATABASE_URL: 'postgres://127.0.0.1:1/x',
};

test('without a source nothing is queued, and the command fails, so that a cron job in the wrong folder is noticed', async () => {
  const { code, stdout, stderr } = await runInProcess('/', ['schedule', '--now', '--wait'], environment);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('there is nothing to audit: write sources into slimboard.yaml');
});

test.each([
  ['--now dev --wait'],
  ['--now --wait dev'],
  ['dev --now'],
  ['--now=dev'],
  ['--now main dev'],
  ['--now dev --now main'],
  ['--now --now dev'],
])('schedule %s takes dev for a source, wherever the flags are', async (words) => {
  const folder = await newFolder();
  await writeFile(
    join(folder, 'slimboard.yaml'),
    'sources: [{ name: main, kind: oci, registry: registry.example.com }]',
  );
  const { code, stderr } = await runInProcess(folder, ['schedule', ...words.split(' ')], environment);
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: 'slimboard: there is no source "dev" in the settings; known sources: main\n',
  });
});

test('a source that workers cannot open, as without a region, is told when its audit is handed to them, which is done once', async () => {
  for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION']) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
  const { url, stop } = await startRedis();
  onTestFinished(stop);
  const folder = await newFolder();
  const good = '{ name: good, kind: oci, registry: registry.example.com }';
  await writeFile(join(folder, 'slimboard.yaml'), `sources: [${good}, { name: prod, kind: ecr }]`);
  const urls = { SLIMBOARD_REDIS_URL: url, SLIMBOARD_DATABASE_URL: await newPostgresUrl() };
  const { code, stdout, stderr } = await runInProcess(folder, ['schedule', '--now'], urls);
  expect({ code, stdout }, stderr).toEqual({
    code: 0,
    stdout: 'good: audit 1 handed to the workers\nprod: audit 2 handed to the workers\n',
  });
  expect(stderr).toMatch(/prod: no AWS region is set: .*; unless its workers are set up otherwise, this audit fails/);
  expect(stderr).not.toMatch(/good: /);
  expect((await runInProcess(folder, ['schedule', '--now'], urls)).stdout).toBe(
    'good: audit 1 is already running\nprod: audit 2 is already running\n',
  );
});

test('a wrong port of the metrics is refused as other settings are, with its flag or variable', async () => {
  const flag = await runInProcess('/', ['schedule', '--metrics-port', '65536'], environment);
  const variable = await runInProcess('/', ['schedule'], { ...environment, SLIMBOARD_METRICS_PORT: 'http' });
  const rule = 'expected a whole number from 0 to 65535';
  expect(flag).toMatchObject({ code: 2, stderr: `slimboard: --metrics-port: ${rule}\n` });
  expect(variable).toMatchObject({ code: 2, stderr: `slimboard: SLIMBOARD_METRICS_PORT: metricsPort: ${rule}\n` });
});
