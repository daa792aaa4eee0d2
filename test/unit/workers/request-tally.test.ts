import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { TaskHandlers, TaskKey, TaskReference } from '../../../src/queue/queue.ts';
import { createRequestTally } from '../../../src/workers/request-tally.ts';

function task(auditId: number): TaskReference {
  return { auditId, kind: 'manifests', key: 'k' as TaskKey, lane: 'nightly' };
}

test('requests count for the audit of the task that sends them, and are reported once', async () => {
  const tally = createRequestTally();
  const handlers: TaskHandlers = tally.counting({
    async run({ auditId }) {
      tally.count(false);
      await setImmediate();
      tally.count(auditId === 2);
    },
    giveUp: async () => undefined,
  });
  const { signal } = new AbortController();
  await Promise.all([handlers.run(task(1), { signal }), handlers.run(task(2), { signal })]);
  tally.count(true);
  expect([...tally.take()]).toEqual([
    [1, { requests: 2, throttled: 0 }],
    [2, { requests: 2, throttled: 1 }],
  ]);
  expect(tally.take().size).toBe(0);
});
