import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { RequestCounter } from '../../../src/app/request-counter.ts';
import { RequestTally } from '../../../src/workers/request-tally.ts';

test('requests count for the audit of the task that sends them, and are reported once', async () => {
  const tally = new RequestTally();
  const work = async (throttled: boolean) => {
    tally.count(false);
    await setImmediate();
    tally.count(throttled);
  };
  await Promise.all([tally.during(1, () => work(false)), tally.during(2, () => work(true))]);
  tally.count(true);
  expect([...tally.take()]).toEqual([
    [1, { requests: 2, throttled: 0 }],
    [2, { requests: 2, throttled: 1 }],
  ]);
  expect(tally.take().size).toBe(0);
});

test('what was taken from a counter is not counted again', () => {
  const counter = new RequestCounter();
  counter.count(true);
  expect(counter.take()).toEqual({ requests: 1, throttled: 1 });
  counter.count(false);
  expect(counter.take()).toEqual({ requests: 1, throttled: 0 });
});
