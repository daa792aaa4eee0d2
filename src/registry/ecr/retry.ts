import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimitedError, SlimboardError } from '../../errors.ts';

/** How long one request is tried, before its failure is the task's: seconds, where the queue's tries take minutes. */
export interface RetryBudget {
  /** Tries that an answer of "slow down" does not count for. */
  readonly attempts: number;
  /** How often one request takes "slow down" for an answer; the governor makes it wait before it asks again. */
  readonly refusals: number;
  /** The longest wait before the second try (ms); it doubles from one to the next. */
  readonly firstDelayMs: number;
  readonly wait: (delayMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

const LONGEST_DELAY_MS = 10_000;

export const DEFAULT_RETRY_BUDGET: RetryBudget = {
  attempts: 4,
  refusals: 8,
  firstDelayMs: 200,
  wait: async (delayMs, signal) => {
    await sleep(delayMs, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
  },
};

/** Tries again what failed with an error that allows it; the last error is thrown when the budget is spent. */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  budget: RetryBudget,
  signal: AbortSignal | undefined,
): Promise<T> {
  let failures = 0;
  let refusals = 0;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof SlimboardError) || error.retry.kind === 'never') throw error;
      if (error instanceof RateLimitedError) refusals += 1;
      else failures += 1;
      if (failures >= budget.attempts || refusals > budget.refusals) throw error;
      // Full jitter: callers that were refused together do not come back together.
      const longestMs = Math.min(budget.firstDelayMs * 2 ** (failures + refusals - 1), LONGEST_DELAY_MS);
      await budget.wait(Math.random() * longestMs, signal);
    }
  }
}
