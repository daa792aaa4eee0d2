import { EventEmitter, once } from 'node:events';
import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { startSweeper } from '../../../src/queue/sweeper.ts';

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
