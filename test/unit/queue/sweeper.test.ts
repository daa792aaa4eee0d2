import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { expect, test, vi } from 'vitest';
import { intervalMs, startSweeper } from '../../../src/queue/sweeper.ts';
import { eventually } from '../../support/eventually.ts';

test.each([
  ['while Redis is away', true],
  ['while a sweep takes long', false],
])('heartbeats go on %s', async (_when, isAway) => {
  const events = new EventEmitter();
  const back = once(events, 'back');
  const redis = Object.assign(new EventEmitter(), {
    set: async () => {
      if (isAway) await back;
      return isAway ? null : 'OK';
    },
  });
  const third = once(events, 'third');
  let signs = 0;
  const sweeper = startSweeper({
    redis: redis as unknown as Redis,
    everyMs: 1,
    async signOfLife() {
      if (++signs === 3) events.emit('third');
    },
    sweep: async () => void (await back),
    onError: (error) => events.emit('error', error),
  });
  await third;
  events.emit('back');
  await sweeper.close();
  expect(signs).toBeGreaterThanOrEqual(3);
});

test('no further heartbeat starts while one waits for the database', async () => {
  const redis = Object.assign(new EventEmitter(), { set: async () => null });
  let signs = 0;
  let sweeps = 0;
  const enough = new EventEmitter();
  redis.set = async () => {
    if (++sweeps === 5) enough.emit('sweeps');
    return null;
  };
  let answer = (): void => undefined;
  const sweeper = startSweeper({
    redis: redis as unknown as Redis,
    everyMs: 1,
    signOfLife() {
      signs++;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    sweep: async () => undefined,
    onError: () => undefined,
  });
  await once(enough, 'sweeps');
  expect(signs).toBe(1);
  answer();
  await sweeper.close();
});

/** A sweeper that starts a turn only when told: by Redis, which answers each claim with the next of some answers. */
function startedOnce(
  answers: readonly (string | null)[],
  sweep: (signal: AbortSignal) => Promise<void>,
  signOfLife: () => Promise<void> = async () => undefined,
) {
  const claims: unknown[][] = [];
  const errors: unknown[] = [];
  const redis = Object.assign(new EventEmitter(), {
    set: async (...claim: unknown[]) => answers[claims.push(claim) - 1] ?? null,
  });
  const sweeper = startSweeper({
    redis: redis as unknown as Redis,
    prefix: 'test',
    everyMs: 3_600_000,
    signOfLife,
    sweep,
    onError: (error) => errors.push(error),
  });
  return { redis, sweeper, claims, errors };
}

test('whoever claims the turn sweeps, for nine tenths of the interval, and again when Redis is back', async () => {
  let sweeps = 0;
  const { redis, sweeper, claims } = startedOnce(['OK', null, 'OK'], async () => void sweeps++);
  redis.emit('ready');
  redis.emit('ready');
  await sweeper.close();
  expect(claims).toEqual(Array(3).fill(['test:swept', '1', 'PX', 3_240_000, 'NX']));
  expect(sweeps).toBe(2);
  redis.emit('ready');
  await Promise.resolve();
  expect(claims).toHaveLength(3);
});

test.each([
  ['up to a tenth shorter', 0, 3_240_000],
  ['as set on average', 0.5, 3_600_000],
  ['up to a tenth longer', 1, 3_960_000],
])('an interval is %s', (_, random, expected) => expect(intervalMs(3_600_000, random)).toBeCloseTo(expected, 3));

test('one sweep runs at a time, however often Redis comes back', async () => {
  let [running, most] = [0, 0];
  const { redis, sweeper } = startedOnce(['OK', 'OK'], async () => {
    most = Math.max(most, ++running);
    await setImmediate();
    running--;
  });
  redis.emit('ready');
  await sweeper.close();
  expect(most).toBe(1);
});

test('closing ends a sweep that takes long', async () => {
  const signals: AbortSignal[] = [];
  const { sweeper } = startedOnce(['OK'], async (signal) => void signals.push(signal));
  await eventually(() => expect(signals.map(({ aborted }) => aborted)).toEqual([false]));
  await sweeper.close();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
});

test('an error of a sweep is reported, and is no news once closed', async () => {
  const failing = startedOnce(['OK', 'OK'], () => Promise.reject(new Error('no database')));
  await eventually(() => expect(failing.errors).toEqual([new Error('no database')]));
  failing.redis.emit('ready');
  await failing.sweeper.close();
  expect(failing.errors).toHaveLength(1);
});

test('a sign of life that cannot be written is reported, and stops no sweep', async () => {
  const sweep = vi.fn(async () => undefined);
  const { sweeper, errors } = startedOnce(['OK'], sweep, () => Promise.reject(new Error('no database')));
  await eventually(() => expect(errors).toEqual([new Error('no database')]));
  await sweeper.close();
  expect(sweep).toHaveBeenCalledOnce();
});
