import { LRUCache } from 'lru-cache';
import { codeOf, SlimboardError } from '../errors.ts';
import type { Clock } from './clock.ts';

/**
 * While a server is down, its last failure fails other requests for this long: each would keep its place for a minute, and
 * an audit may have a million tags to ask for.
 */
const HOLDS_MS = 10_000;
/** A server that only failed for this long is down: an upgrade or a restart takes less. */
const DOWN_AFTER_MS = 300_000;
/** A longer time between an answer and the next request says nothing: the governor pauses for a minute at most. */
const LONGEST_GAP_MS = 120_000;
/** A hostile registry could name a new server for tokens in each answer. */
const MAX_ORIGINS = 16;

/** Stands for the answer of a server that is down, which fails other requests. */
export class OutageError extends Error {
  constructor(status: number) {
    super(`the registry failed with HTTP ${status}, and has done nothing else for minutes: try again later`);
  }
}

interface Failing {
  readonly sinceMs: number;
  readonly lastMs: number;
}

/**
 * Remembers which servers are down: the registry, its storage, or its server for tokens. One that has never answered is so
 * once two requests got no answer, any other one once it only failed for minutes. A redirect is an answer.
 */
export class Outages {
  readonly #clock: Clock;
  readonly #answered = new LRUCache<string, true>({ max: MAX_ORIGINS });
  /** When servers that had never answered first failed to (ms of the clock). */
  readonly #silentSinceMs = new LRUCache<string, number>({ max: MAX_ORIGINS });
  /** Servers whose last answer was a failure. */
  readonly #failing = new LRUCache<string, Failing>({ max: MAX_ORIGINS });
  readonly #causes = new WeakSet<object>();
  /** The last failure of a server that is down, and until when it holds (ms of the clock). */
  #last: { readonly origin: string; readonly error: unknown; readonly untilMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws the failure of an earlier request, if it holds for this one */
  check({ origin }: URL): void {
    if (this.#last?.origin === origin && this.#clock.now() < this.#last.untilMs) throw this.#last.error;
  }

  /** Notes an answer. @param failedWith its status, if that is a temporary failure */
  noteAnswer({ origin }: URL, failedWith: number | undefined, startedAtMs: number): void {
    if (!this.#answered.has(origin)) this.#answered.set(origin, true);
    if (failedWith !== undefined) {
      if (this.#isDown(origin, startedAtMs)) this.#hold(origin, new OutageError(failedWith));
      return;
    }
    this.#failing.delete(origin);
    if (this.#last?.origin === origin) this.#last = undefined;
  }

  /** Notes that a request got no answer. One that is refused on purpose says nothing about the server. */
  noteFailure({ origin }: URL, error: unknown, startedAtMs: number): void {
    if (!(error instanceof Error) || error instanceof SlimboardError || this.isCauseOf(error)) return;
    const isSilent = this.#isSilent(origin, error, startedAtMs);
    if (this.#isDown(origin, startedAtMs) || isSilent) this.#hold(origin, error);
  }

  /** Whether an error comes from a server that is down: the same request would only fail again. */
  isCauseOf(error: unknown): boolean {
    return error instanceof Error && (this.#causes.has(error) || this.isCauseOf(error.cause));
  }

  #hold(origin: string, error: Error): void {
    this.#causes.add(error);
    this.#last = { origin, error, untilMs: this.#clock.now() + HOLDS_MS };
  }

  /**
   * Whether a server has never answered, and not for the first time: it may be starting. A refused connection takes no time.
   */
  #isSilent(origin: string, error: Error, startedAtMs: number): boolean {
    if (this.#answered.has(origin) || !tookLong(error)) return false;
    const sinceMs = this.#silentSinceMs.get(origin);
    if (sinceMs === undefined) this.#silentSinceMs.set(origin, this.#clock.now());
    return sinceMs !== undefined && startedAtMs >= sinceMs;
  }

  /** Whether a server that has failed now did so all the time. */
  #isDown(origin: string, startedAtMs: number): boolean {
    const nowMs = this.#clock.now();
    const before = this.#failing.get(origin);
    const sinceMs = before && startedAtMs - before.lastMs <= LONGEST_GAP_MS ? before.sinceMs : nowMs;
    this.#failing.set(origin, { sinceMs, lastMs: nowMs });
    return nowMs - sinceMs >= DOWN_AFTER_MS;
  }
}

function tookLong(error: unknown): boolean {
  return /TIMEOUT|TIMEDOUT|DEADLINE/.test(codeOf(error));
}
