import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { oneAtATime } from '../common/one-at-a-time.ts';
import { DEFAULT_PREFIX } from './redis-connection.ts';

export interface SweeperOptions {
  readonly redis: Redis;
  readonly prefix?: string;
  /** Tells the database that this process is there: each interval, also while Redis is away or a sweep takes long. */
  readonly signOfLife: () => Promise<void>;
  /** Compares the database with Redis, and puts right what differs. */
  readonly sweep: (signal: AbortSignal) => Promise<void>;
  /** How often, by whichever process comes first (ms). */
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

export interface Sweeper {
  close(): Promise<void>;
}

/**
 * Sweeps, and gives signs of life, for as long as it runs. Every worker and scheduler has one; in each interval one of
 * them sweeps. A Redis that comes back empty has forgotten whose turn it was, so it is swept at once.
 */
export function startSweeper(options: SweeperOptions): Sweeper {
  const { redis, everyMs } = options;
  const stop = new AbortController();
  const onError = (error: unknown): void => {
    if (!stop.signal.aborted) options.onError(error);
  };
  const key = `${options.prefix ?? DEFAULT_PREFIX}:swept`;
  const sweepInTurn = async (): Promise<void> => {
    const ours = await redis.set(key, '1', 'PX', Math.ceil(everyMs * 0.9), 'NX');
    if (ours !== null) await options.sweep(stop.signal);
  };
  let work = Promise.resolve();
  const next = (): void => {
    work = work.then(sweepInTurn).catch(onError);
  };
  redis.on('ready', next);
  // A database that lets them wait must not have all connections taken by them.
  const signOfLife = oneAtATime(options.signOfLife);
  const interval = (): void => {
    void signOfLife().catch(onError);
    next();
  };
  const running = repeat(interval, everyMs, stop.signal);
  return {
    async close() {
      redis.off('ready', next);
      stop.abort();
      await running;
      await work;
    },
  };
}

async function repeat(action: () => void, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    action();
    await sleep(everyMs * (0.9 + Math.random() / 5), undefined, { signal }).catch(() => undefined);
  }
}
