import { RateLimitedError, type SlimboardError } from '../errors.ts';
import { LONGEST_PAUSE_MS } from './governor-policy.ts';

/**
 * The budget of one request, in seconds; what lasts longer is the queue's business. A refusal to serve more is no
 * failure: it waits at the governor and does not count as an attempt.
 */
const ATTEMPTS = 4;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 5_000;
const REFUSALS = 10;
/** A longer Retry-After frees the lane: the work is put off as a whole. */
const LONGEST_WAIT_MS = 60_000;

/** How often one request may fail, or be refused, before its task is put off. One an attempted request. */
export class RetryBudget {
  readonly #random: () => number;
  #failures = 0;
  #refusals = 0;

  /** @param random from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /**
   * How long to wait before the next attempt (ms): up to twice as long each time, at random, so that many clients that
   * failed together do not come back together.
   * @throws the error, when the budget is spent
   */
  delayAfterFailure(error: SlimboardError): number {
    this.#failures += 1;
    if (this.#failures >= ATTEMPTS) throw error;
    return this.#random() * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
  }

  /** @throws RateLimitedError when waiting any longer would hold up other work */
  countRefusal(what: string, retryAfterMs: number | undefined): void {
    this.#refusals += 1;
    if ((retryAfterMs ?? 0) <= LONGEST_WAIT_MS && this.#refusals <= REFUSALS) return;
    const delayMs = Math.min(retryAfterMs ?? LONGEST_WAIT_MS, LONGEST_PAUSE_MS);
    throw new RateLimitedError(
      `${what}: the registry's limit is reached; it will be asked again in ${Math.ceil(delayMs / 1_000)} s`,
      delayMs,
    );
  }
}
