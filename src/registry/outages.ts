import { LRUCache } from 'lru-cache';
import { codeOf, SlimboardError } from '../errors.ts';
import type { Clock } from './clock.ts';
import { LONGEST_BACKOFF_MS, LONGEST_PAUSE_MS } from './governor/policy.ts';

/**
 * While a server is down, its last failure fails other requests for this long: each would keep its place for a minute, and
 * an audit may have a million tags to ask for.
 */
const HOLDS_MS = 10_000;
/** A server that only failed for this long is down: an upgrade or a restart takes less. */
const DOWN_AFTER_MS = 300_000;
/** A longer time between an answer and the next request says nothing: the governor pauses for a minute at most. */
const LONGEST_GAP_MS = 120_000;
/** No limit refuses one repository alone for this long. */
const REFUSES_FOR_EVER_AFTER_MS = 7_200_000;
/** Of servers and repositories, each: what is known of those beyond is forgotten. */
const MAX_KNOWN = 1_000;
/** Others are answered if one was within this time: longer, and requests would use up their attempts while all fail. */
const LATELY_MS = 2_000;

/** What a registry's server for tokens is called as a part: it may share host and port with the registry. */
export const TOKENS = 'tokens';

/** What a request asks. */
export interface Asked {
  readonly origin: string;
  /** The part of the server that is asked, which may be down alone: {@link TOKENS}, or a repository, by any name. */
  readonly part?: string | undefined;
}

/** Stands for the answers of a server or a repository that is down, which fail other requests. */
export class OutageError extends Error {}

function failedWith(status: number): OutageError {
  return new OutageError(
    `the registry failed with HTTP ${status}, and has done nothing else for minutes: try again later`,
  );
}

const REFUSES_FOR_EVER =
  'the registry has refused this repository for hours as too many requests, and answered others: try again later';

/** Failures in a row. */
interface Failing {
  readonly firstMs: number;
  /** The first of those that came without a long time in between. */
  readonly sinceMs: number;
  readonly lastMs: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Remembers which servers are down: the registry, its storage, or its server for tokens; and which of the registry's
 * repositories. What has never answered is down once two requests got no answer; anything else, once it only failed for
 * minutes. A redirect is an answer, and so is a refusal for too many requests.
 *
 * Also tells what a 503 says that names no limit: that the registry is overloaded or down, and all requests have to slow
 * down; or that a repository fails alone, which slowing down does not help. Only later requests show which it was:
 * - The registry answers a request that was sent after the repository first failed: it fails alone, and failures of other
 *   repositories are taken for the same, be it their first, if they have never answered.
 * - The repository itself answers: the registry was overloaded, and all failures are taken for that.
 *
 * Otherwise a repository fails alone as long as others are answered.
 *
 * A repository that has answered nothing but refusals for hours is down, too, if others were answered meanwhile, and none
 * of them refused: a limit is not one of a single repository.
 */
export class Outages {
  readonly #clock: Clock;
  /** When the last requests were sent that servers and repositories answered without failing (ms of the clock). */
  readonly #answeredMs = new LRUCache<string, number>({ max: MAX_KNOWN });
  /** When those that had never answered first failed to (ms of the clock). */
  readonly #silentSinceMs = new LRUCache<string, number>({ max: MAX_KNOWN });
  /** Servers and repositories whose last answer was a failure. */
  readonly #failing = new LRUCache<string, Failing>({ max: MAX_KNOWN });
  /** What the last failure of a server's repositories turned out to be. */
  readonly #lastFailure = new LRUCache<string, 'passed' | 'lasted'>({ max: MAX_KNOWN });
  /** Since when the refused ones are that have answered nothing else (ms of the clock). */
  readonly #refusedSinceMs = new LRUCache<string, number>({ max: MAX_KNOWN });
  /** When a server last refused a repository that it answered before or later: it has a limit (ms of the clock). */
  readonly #limitedMs = new LRUCache<string, number>({ max: MAX_KNOWN });
  /** When the last requests were sent that servers and repositories neither refused nor failed (ms of the clock). */
  readonly #servedMs = new LRUCache<string, number>({ max: MAX_KNOWN });
  readonly #causes = new WeakSet<object>();
  /** The last failures of those that are down, and until when they hold (ms of the clock). */
  readonly #held = new LRUCache<string, { readonly error: Error; readonly untilMs: number }>({ max: MAX_KNOWN });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws the failure of an earlier request, if it holds for this one */
  check(asked: Asked): void {
    const error = this.find(asked);
    if (error) throw error;
  }

  /** The failure of an earlier request, if it holds for this one. */
  find(asked: Asked): Error | undefined {
    if (this.#held.size === 0) return undefined;
    for (const name of namesOf(asked)) {
      const held = this.#held.get(name);
      if (held && this.#clock.now() < held.untilMs) return held.error;
    }
    return undefined;
  }

  /** Notes an answer. @param failure its status, if that is a temporary failure */
  noteAnswer(asked: Asked, failure: number | undefined, startedAtMs: number): void {
    const names = namesOf(asked);
    const [server] = names;
    if (failure !== undefined) {
      if (!this.#answeredMs.has(server)) this.#answeredMs.set(server, NEVER);
      this.#noteFailing(asked, failedWith(failure), startedAtMs);
      return;
    }
    this.#noteLife(names, startedAtMs);
    for (const name of names) {
      this.#servedMs.set(name, startedAtMs);
      if (this.#refusedSinceMs.delete(name)) this.#limitedMs.set(server, this.#clock.now());
    }
  }

  /** Notes a refusal for too many requests, and how long the registry asks to wait. */
  noteRefusal(asked: Asked, startedAtMs: number, retryAfterMs = LONGEST_BACKOFF_MS): void {
    const names = namesOf(asked);
    const [server, part] = names;
    this.#noteLife(names, startedAtMs);
    if (part === undefined) return;
    const nowMs = this.#clock.now();
    if (this.#servedMs.has(part)) this.#limitedMs.set(server, nowMs);
    const limitedMs = this.#limitedMs.get(server) ?? NEVER;
    const sinceMs = this.#refusedSinceMs.get(part) ?? NEVER;
    if (limitedMs >= sinceMs) this.#refusedSinceMs.set(part, nowMs);
    const othersWereServed = (this.#servedMs.get(server) ?? NEVER) > sinceMs;
    if (limitedMs >= sinceMs || !othersWereServed || nowMs - sinceMs < REFUSES_FOR_EVER_AFTER_MS) return;
    // Requests that wait until the pause is over fail then, too.
    this.#hold(part, new OutageError(REFUSES_FOR_EVER), Math.min(retryAfterMs, LONGEST_PAUSE_MS) + HOLDS_MS);
  }

  #noteLife(names: Names, startedAtMs: number): void {
    const [server] = names;
    for (const name of names) {
      this.#answeredMs.set(name, startedAtMs);
      if (this.#failing.delete(name) && name !== server) this.#lastFailure.set(server, 'passed');
      this.#held.delete(name);
    }
  }

  /** Notes that a request got no answer. One that is refused on purpose says nothing about the server. */
  noteFailure(asked: Asked, error: unknown, startedAtMs: number): void {
    if (!(error instanceof Error) || error instanceof SlimboardError || this.isCauseOf(error)) return;
    for (const name of namesOf(asked)) if (this.#isSilent(name, error, startedAtMs)) this.#hold(name, error);
    this.#noteFailing(asked, error, startedAtMs);
  }

  /** Whether an error comes from a server that is down: the same request would only fail again. */
  isCauseOf(error: unknown): boolean {
    return error instanceof Error && (this.#causes.has(error) || this.isCauseOf(error.cause));
  }

  /** Whether a repository that answered 503 just now fails alone: to slow down would not help it. */
  failsAlone(asked: Asked): boolean {
    const [server, part = server] = namesOf(asked);
    const answeredMs = this.#answeredMs.get(server) ?? NEVER;
    const failing = this.#failing.get(part);
    if (failing && answeredMs >= failing.firstMs) this.#lastFailure.set(server, 'lasted');
    switch (this.#lastFailure.get(server)) {
      case 'passed':
        return false;
      case 'lasted':
        if (!this.#answeredMs.has(part)) return true;
    }
    return answeredMs >= Math.min(failing?.firstMs ?? 0, this.#clock.now() - LATELY_MS);
  }

  #hold(name: string, error: Error, forMs = HOLDS_MS): void {
    this.#causes.add(error);
    this.#held.set(name, { error, untilMs: this.#clock.now() + forMs });
  }

  /**
   * Whether what has never answered failed to for another time: it may be starting. A refused connection takes no time.
   */
  #isSilent(name: string, error: Error, startedAtMs: number): boolean {
    if (this.#answeredMs.has(name) || !tookLong(error)) return false;
    const sinceMs = this.#silentSinceMs.get(name);
    if (sinceMs === undefined) this.#silentSinceMs.set(name, this.#clock.now());
    return sinceMs !== undefined && startedAtMs >= sinceMs;
  }

  /** Notes a failure; it holds for others if there was nothing else for minutes. */
  #noteFailing(asked: Asked, error: Error, startedAtMs: number): void {
    const nowMs = this.#clock.now();
    for (const name of namesOf(asked)) {
      const before = this.#failing.get(name);
      const firstMs = before?.firstMs ?? nowMs;
      const sinceMs = before && startedAtMs - before.lastMs <= LONGEST_GAP_MS ? before.sinceMs : nowMs;
      this.#failing.set(name, { firstMs, sinceMs, lastMs: nowMs });
      if (nowMs - sinceMs >= DOWN_AFTER_MS) this.#hold(name, error);
    }
  }
}

/** The names of what may be down: a server, and perhaps a part of it. */
type Names = readonly [server: string] | readonly [server: string, part: string];

function namesOf({ origin, part }: Asked): Names {
  if (part === undefined) return [origin];
  const name = `${origin} ${part}`;
  return part === TOKENS ? [name] : [origin, name];
}

function tookLong(error: unknown): boolean {
  return /TIMEOUT|TIMEDOUT|DEADLINE/.test(codeOf(error));
}
