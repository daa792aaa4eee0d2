import { LRUCache } from 'lru-cache';
import { codeOf } from '../errors.ts';
import type { Clock } from './clock.ts';

/**
 * While a server has never answered, its failure to do so fails other requests for this long: each would keep its place
 * for a minute, and the repositories that settings name may be hundreds.
 */
const HOLDS_MS = 10_000;
/** A hostile registry could name a new server for tokens in each answer. */
const MAX_ORIGINS = 16;

/** Remembers that a server, the registry, its storage or its server for tokens, has never answered. A redirect is an answer. */
export class Silence {
  readonly #clock: Clock;
  readonly #answered = new LRUCache<string, true>({ max: MAX_ORIGINS });
  /** When servers that had never answered first failed to (ms of the clock). */
  readonly #sinceMs = new LRUCache<string, number>({ max: MAX_ORIGINS });
  readonly #failures = new WeakSet<object>();
  /** The last failure of a server that had never answered, and until when it holds (ms of the clock). */
  #last: { readonly origin: string; readonly error: unknown; readonly untilMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws the failure of an earlier request, if it holds for this one */
  check({ origin }: URL): void {
    if (this.#last?.origin === origin && this.#clock.now() < this.#last.untilMs) throw this.#last.error;
  }

  end({ origin }: URL): void {
    if (!this.#answered.has(origin)) this.#answered.set(origin, true);
    if (this.#last?.origin === origin) this.#last = undefined;
  }

  /**
   * Notes a failure, if it is silence of a server that has never answered, and not for the first time: it may be starting.
   * A refused connection takes no time.
   */
  add({ origin }: URL, error: unknown, startedAtMs: number): void {
    if (!(error instanceof Error) || this.isCauseOf(error) || this.#answered.has(origin) || !tookLong(error)) return;
    const sinceMs = this.#sinceMs.get(origin);
    if (sinceMs === undefined) this.#sinceMs.set(origin, this.#clock.now());
    if (sinceMs === undefined || startedAtMs < sinceMs) return;
    this.#failures.add(error);
    this.#last = { origin, error, untilMs: this.#clock.now() + HOLDS_MS };
  }

  /** Whether an error comes from such silence: the same request would only wait as long again. */
  isCauseOf(error: unknown): boolean {
    return error instanceof Error && (this.#failures.has(error) || this.isCauseOf(error.cause));
  }
}

function tookLong(error: unknown): boolean {
  return /TIMEOUT|TIMEDOUT|DEADLINE/.test(codeOf(error));
}
