import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RequestsByAudit } from '../../../src/workers/requests-by-audit.ts';

test('requests count for the audit of the task that sends them, and are reported once', async () => {
  const requests = new RequestsByAudit();
  const work = async (throttled: boolean) => {
    requests.count(false);
    await setImmediate();
    requests.count(throttled);
  };
  await Promise.all([requests.during(1, () => work(false)), requests.during(2, () => work(true))]);
  requests.count(true);
  expect([...requests.take()]).toEqual([
    [1, { requests: 2, throttled: 0 }],
    [2, { requests: 2, throttled: 1 }],
  ]);
  expect(requests.take().size).toBe(0);
});
