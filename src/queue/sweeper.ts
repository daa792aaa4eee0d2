import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { oneAtATime } from '../common/one-at-a-time.ts';
import { DEFAULT_PREFIX } from './redis-connection.ts';

export interface SweeperOptions {
  readonly redis: Redis;
  readonly prefix?: string;
  /**
   * Writes this process's sign of life to the database: in each interval, even if Redis is away or a sweep takes long.
   */
  readonly signOfLife: () => Promise<void>;
  /** Compares the database with Redis and repairs differences. */
  readonly sweep: (signal: AbortSignal) => Promise<void>;
  /** The interval (ms), in which one of all processes sweeps. */
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Sweeps and gives signs of life until closed. Every worker and scheduler has a sweeper; in each interval one of them
 * sweeps. A Redis that comes back empty has lost the key that says whose turn it was, and is swept at once.
 */
export function startSweeper(options: SweeperOptions): { close(): Promise<void> } {
  const { redis, everyMs } = options;
  const stop = new AbortController();
  const onError = (error: unknown): void => {
    if (!stop.signal.aborted) options.onError(error);
  };
  const key = `${options.prefix ?? DEFAULT_PREFIX}:swept`;
  const sweepInTurn = async (): Promise<void> => {
    const claimed = await redis.set(key, '1', 'PX', Math.ceil(intervalMs(everyMs, 0)), 'NX');
    if (claimed !== null) await options.sweep(stop.signal);
  };
  let work = Promise.resolve();
  const next = (): void => {
    work = work.then(sweepInTurn).catch(onError);
  };
  redis.on('ready', next);
  // Signs of life that wait for a slow database must not take all its connections.
  const signOfLife = oneAtATime(options.signOfLife);
  const interval = (): void => {
    void signOfLife().catch(onError);
    next();
  };
  void repeat(interval, everyMs, stop.signal);
  return {
    async close() {
      redis.off('ready', next);
      stop.abort();
      await work;
    },
  };
}

async function repeat(action: () => void, everyMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    action();
    await sleep(intervalMs(everyMs), undefined, { signal }).catch(() => undefined);
  }
}

/** An interval (ms), up to a tenth shorter or longer, so that processes do not stay in step. A turn is claimed for the shortest. */
export function intervalMs(everyMs: number, random = Math.random()): number {
  return everyMs * (0.9 + random / 5);
}
