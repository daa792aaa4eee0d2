import { setTimeout as sleep } from 'node:timers/promises';
import { isStoreOutage } from '../database/exceeds-resources.ts';
import { QueueUnavailableError, type SlimboardError } from '../errors.ts';
import { backoffMs } from '../queue/attempts.ts';

/** How an outage is waited for. */
export interface OutlastOptions {
  /** Called for each attempt that failed because the database is away, or Redis accepts no tasks. */
  readonly onWait: (error: SlimboardError) => void;
  /** How long to wait after so many failed attempts (ms); default {@link pauseMsAfter}. */
  readonly pauseMs?: ((failures: number) => number) | undefined;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
  /** How long an outage may last (ms); default: for ever. */
  readonly withinMs?: number;
}

/** An attempt that took longer was answered at first: to be connected takes 10 s at most, as the pool asks for. */
const CONNECTED_WITHIN_MS = 15_000;

/**
 * A wait of up to 2 s, then 4 s, in the end 32 s. A database whose disk is full can still be read, so that each attempt asks
 * the registry for the same again, for nothing. Random, so that the tasks do not all come back at the same moment.
 */
export function pauseMsAfter(failures: number, random = Math.random): number {
  return backoffMs(Math.min(failures, 5), { firstDelayMs: 2_000 }, random);
}

/**
 * Does work again until it no longer fails because of an outage.
 * @throws any other failure; that of the outage if it lasts too long; an AbortError if the signal ends the wait
 */
export async function outlast<T>(work: () => Promise<T>, options: OutlastOptions): Promise<T> {
  const { onWait, pauseMs = pauseMsAfter, signal, withinMs = Number.POSITIVE_INFINITY } = options;
  let awaySinceMs: number | undefined;
  for (let failures = 1; ; failures++) {
    const begunMs = performance.now();
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error)) throw error;
      const nowMs = performance.now();
      if (awaySinceMs === undefined || nowMs - begunMs > CONNECTED_WITHIN_MS) awaySinceMs = nowMs;
      if (nowMs - awaySinceMs >= withinMs) throw error;
      onWait(error);
    }
    await sleep(pauseMs(failures), undefined, { signal });
  }
}

/** Whether all else would fail now, too, unlike after a statement that exceeds what the database has room for. */
export function isOutage(error: unknown): error is SlimboardError {
  return isStoreOutage(error) || error instanceof QueueUnavailableError;
}
