import { expect, test } from 'vitest';
import { runInProcess } from '../../support/program.ts';

test('without a source nothing is queued, and the command fails, so that a cron job in the wrong folder is noticed', async () => {
  const environment = {
    SLIMBOARD_REDIS_URL: 'redis://127.0.0.1:1',
    SLIMBOARD_DATABASE_URL: 'postgres://127.0.0.1:1/x',
  };
  const { code, stdout, stderr } = await runInProcess('/', ['schedule', '--now', '--wait'], environment);
  expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('there is nothing to audit: write sources into slimboard.yaml');
});
