import { SlimboardError } from '../errors.ts';

/** How often a task is tried, and how long the waits between are. */
export interface AttemptLimits {
  /** Tries that count, in all; a registry's request to slow down does not count. */
  readonly attempts: number;
  /** The wait after the first failure (ms); it doubles from one failure to the next. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** A registry that is down for a minute costs nothing; one that is down for longer is an error of the audit. */
export const DEFAULT_ATTEMPTS: AttemptLimits = { attempts: 5, firstDelayMs: 5_000, maxDelayMs: 300_000 };

/**
 * What becomes of a task that failed. `retry`: again after `delayMs`; `counted` says whether the attempt was used up.
 * `give-up`: an expected failure that will not pass. `bug`: a failure that nobody foresaw.
 */
export type FailureVerdict =
  | { readonly kind: 'retry'; readonly delayMs: number; readonly counted: boolean }
  | { readonly kind: 'give-up' }
  | { readonly kind: 'bug' };

/**
 * @param failures counted failures of the task so far, this one included
 * @param random a number from 0 up to 1; spreads tasks that failed together
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

/** Exponential, and anywhere in the upper half of the interval. */
export function backoffMs(failures: number, limits: AttemptLimits, random: () => number): number {
  const full = Math.min(limits.firstDelayMs * 2 ** (failures - 1), limits.maxDelayMs);
  return Math.ceil(full * (0.5 + random() / 2));
}
