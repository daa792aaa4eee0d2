import { RateLimitedError, type SlimboardError } from '../errors.ts';
import { LONGEST_PAUSE_MS } from './governor/policy.ts';

/**
 * One request is retried for seconds; longer outages are left to the queue. A refusal for too many requests is no
 * failure: the request waits at the governor again, and no attempt is counted.
 */
const ATTEMPTS = 4;
const FIRST_DELAY_MS = 250;
const REFUSALS = 10;
/** A longer Retry-After puts the whole task off, so that other tasks can run. */
const LONGEST_WAIT_MS = 60_000;

/** Counts how often one request failed or was refused, and says when that is too often. Each request has its own. */
export class RetryBudget {
  readonly #random: () => number;
  #failures = 0;
  #refusals = 0;

  /** @param random from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * How long to wait before the next attempt (ms): random, up to a bound that doubles each time, so that clients that
   * failed together do not come back together.
   * @throws the error, when no attempt is left
   */
  delayAfterFailure(error: SlimboardError): number {
    this.#failures += 1;
    if (this.#failures >= ATTEMPTS) throw error;
    return this.#random() * FIRST_DELAY_MS * 2 ** this.#failures;
  }

  /** Counts a refusal for too many requests. @throws RateLimitedError when waiting longer would hold up other work */
  countRefusal(what: string, retryAfterMs: number | undefined): void {
    this.#refusals += 1;
    if ((retryAfterMs ?? 0) <= LONGEST_WAIT_MS && this.#refusals <= REFUSALS) return;
    const delayMs = Math.min(retryAfterMs ?? LONGEST_WAIT_MS, LONGEST_PAUSE_MS);
    throw new RateLimitedError(
      `${what}: the registry's rate limit is reached: retry in ${Math.ceil(delayMs / 1_000)} s`,
      delayMs,
    );
  }
}
