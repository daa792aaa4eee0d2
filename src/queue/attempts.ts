import { SlimboardError } from '../errors.ts';

/** How often a task is tried, and the waits in between. */
export interface AttemptLimits {
  /** Attempts in all. One that ends because the registry asked to slow down does not count. */
  readonly attempts: number;
  /** The wait after the first failure (ms); it doubles from one failure to the next. */
  readonly firstDelayMs: number;
}

/** Long enough that a registry may be down for a minute; a longer outage is an error of the audit. */
export const DEFAULT_ATTEMPTS: AttemptLimits = { attempts: 5, firstDelayMs: 5_000 };

/**
 * What to do with a task that failed. `retry`: try again after `delayMs`; `counted`: whether the attempt counts.
 * `give-up`: an expected failure that will not pass. `bug`: an unexpected failure.
 */
export type FailureVerdict =
  | { readonly kind: 'retry'; readonly delayMs: number; readonly counted: boolean }
  | { readonly kind: 'give-up' }
  | { readonly kind: 'bug' };

/**
 * Decides what to do with a task that failed.
 * @param failures counted failures of the task so far, including this one
 * @param random returns a number from 0 to 1; spreads out tasks that failed together
 */
export function decideAfterFailure(
  error: unknown,
  failures: number,
  limits: AttemptLimits,
  random: () => number,
): FailureVerdict {
  if (!(error instanceof SlimboardError)) return { kind: 'bug' };
  if (error.retry.kind === 'after') {
    const delayMs = Math.max(0, error.retry.delayMs);
    return { kind: 'retry', counted: false, delayMs: Math.ceil(delayMs * (1 + random() / 10)) };
  }
  if (error.retry.kind === 'never' || failures >= limits.attempts) return { kind: 'give-up' };
  return { kind: 'retry', counted: true, delayMs: backoffMs(failures, limits, random) };
}

/** The wait (ms) after some failures: a random 50 to 100 % of a delay that doubles with each of them. */
export function backoffMs(
  failures: number,
  { firstDelayMs }: Pick<AttemptLimits, 'firstDelayMs'>,
  random: () => number,
): number {
  return Math.ceil(firstDelayMs * 2 ** (failures - 1) * (0.5 + random() / 2));
}
