import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { BullmqQueue, TaskTable } from './bullmq-queue.ts';
import { DEFAULT_PREFIX } from './redis-connection.ts';

export interface SweeperOptions {
  readonly redis: Redis;
  readonly prefix?: string;
  readonly queue: BullmqQueue;
  readonly table: TaskTable;
  /** How often the table is compared with Redis, by whichever process comes first (ms); default a minute. */
  readonly everyMs?: number;
  readonly onSwept?: (requeued: number) => void;
  readonly onError: (error: unknown) => void;
}

export interface Sweeper {
  close(): Promise<void>;
}

/**
 * Puts back what Redis lost, for as long as it runs. Every worker and scheduler has one; in each interval one of them
 * works. A Redis that comes back empty has forgotten that, too, and is swept at once.
 */
export function startSweeper(options: SweeperOptions): Sweeper {
  const { redis, queue, table, everyMs = 60_000 } = options;
  const stop = new AbortController();
  const sweep = async (): Promise<void> => {
    const first = await redis.set(
      `${options.prefix ?? DEFAULT_PREFIX}:swept`,
      '1',
      'PX',
      Math.ceil(everyMs * 0.9),
      'NX',
    );
    if (first === null) return;
    const requeued = await queue.requeueLost(table, { signal: stop.signal });
    if (requeued > 0) options.onSwept?.(requeued);
  };
  let work = Promise.resolve();
  const next = (): void => {
    work = work.then(sweep).catch((error) => {
      if (!stop.signal.aborted) options.onError(error);
    });
  };
  redis.on('ready', next);
  const running = repeat(next, everyMs, stop.signal);
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
