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
const MAX_SERVERS = 16;
/** Those beyond have their row of failures begin anew. */
const MAX_FAILING = 1_000;
/** A part that failed this often in a row, while others were answered, fails alone: an overloaded server refuses all in turn. */
const FAILS_ALONE_AFTER = 4;

/** What a registry's server for tokens is called as a part: it may share host and port with the registry. */
export const TOKENS = 'tokens';

/** What a request asks. */
export interface Asked {
  readonly origin: string;
  /** The part of the server that is asked, which may be down alone: {@link TOKENS}, or a repository, by any name. */
  readonly part?: string | undefined;
}

/** Stands for the answer of a server that is down, which fails other requests. */
export class OutageError extends Error {
  constructor(status: number) {
    super(`the registry failed with HTTP ${status}, and has done nothing else for minutes: try again later`);
  }
}

/** Failures in a row. */
interface Failing {
  readonly firstMs: number;
  readonly times: number;
  /** The first of those that came without a long time in between. */
  readonly sinceMs: number;
  readonly lastMs: number;
}

/**
 * Remembers which servers are down: the registry, its storage, or its server for tokens; and which of the registry's
 * repositories. A server that has never answered is so once two requests got no answer, any other one, and a repository,
 * once it only failed for minutes. A redirect is an answer.
 */
export class Outages {
  readonly #clock: Clock;
  /** When servers that have answered last did so without failing (ms of the clock). */
  readonly #answeredAtMs = new LRUCache<string, number>({ max: MAX_SERVERS });
  /** When servers that had never answered first failed to (ms of the clock). */
  readonly #silentSinceMs = new LRUCache<string, number>({ max: MAX_SERVERS });
  /** Servers and repositories whose last answer was a failure. */
  readonly #failing = new LRUCache<string, Failing>({ max: MAX_FAILING });
  readonly #causes = new WeakSet<object>();
  /** The last failures of those that are down, and until when they hold (ms of the clock). */
  readonly #held = new LRUCache<string, { readonly error: Error; readonly untilMs: number }>({ max: MAX_FAILING });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws the failure of an earlier request, if it holds for this one */
  check(asked: Asked): void {
    if (this.#held.size === 0) return;
    for (const name of namesOf(asked)) {
      const held = this.#held.get(name);
      if (held && this.#clock.now() < held.untilMs) throw held.error;
    }
  }

  /** Notes an answer. @param failedWith its status, if that is a temporary failure */
  noteAnswer(asked: Asked, failedWith: number | undefined, startedAtMs: number): void {
    const [server] = namesOf(asked);
    if (failedWith !== undefined) {
      if (!this.#answeredAtMs.has(server)) this.#answeredAtMs.set(server, Number.NEGATIVE_INFINITY);
      this.#noteFailing(asked, new OutageError(failedWith), startedAtMs);
      return;
    }
    this.#answeredAtMs.set(server, this.#clock.now());
    if (this.#failing.size === 0 && this.#held.size === 0) return;
    for (const name of namesOf(asked)) {
      this.#failing.delete(name);
      this.#held.delete(name);
    }
  }

  /** Notes that a request got no answer. One that is refused on purpose says nothing about the server. */
  noteFailure(asked: Asked, error: unknown, startedAtMs: number): void {
    if (!(error instanceof Error) || error instanceof SlimboardError || this.isCauseOf(error)) return;
    const [server] = namesOf(asked);
    if (this.#isSilent(server, error, startedAtMs)) this.#hold(server, error);
    this.#noteFailing(asked, error, startedAtMs);
  }

  /** Whether an error comes from a server that is down: the same request would only fail again. */
  isCauseOf(error: unknown): boolean {
    return error instanceof Error && (this.#causes.has(error) || this.isCauseOf(error.cause));
  }

  /** Whether a repository that failed now does so alone: to slow down would not help it. */
  failsAlone(asked: Asked): boolean {
    const [server, part = server] = namesOf(asked);
    const { times = 0, firstMs = 0 } = this.#failing.get(part) ?? {};
    return times >= FAILS_ALONE_AFTER && (this.#answeredAtMs.get(server) ?? Number.NEGATIVE_INFINITY) >= firstMs;
  }

  #hold(name: string, error: Error): void {
    this.#causes.add(error);
    this.#held.set(name, { error, untilMs: this.#clock.now() + HOLDS_MS });
  }

  /**
   * Whether a server has never answered, and not for the first time: it may be starting. A refused connection takes no time.
   */
  #isSilent(server: string, error: Error, startedAtMs: number): boolean {
    if (this.#answeredAtMs.has(server) || !tookLong(error)) return false;
    const sinceMs = this.#silentSinceMs.get(server);
    if (sinceMs === undefined) this.#silentSinceMs.set(server, this.#clock.now());
    return sinceMs !== undefined && startedAtMs >= sinceMs;
  }

  /** Notes a failure; it holds for others if there was nothing else for minutes. */
  #noteFailing(asked: Asked, error: Error, startedAtMs: number): void {
    const nowMs = this.#clock.now();
    for (const name of namesOf(asked)) {
      const before = this.#failing.get(name);
      const { firstMs, times } = before ?? { firstMs: nowMs, times: 0 };
      const sinceMs = before && startedAtMs - before.lastMs <= LONGEST_GAP_MS ? before.sinceMs : nowMs;
      this.#failing.set(name, { firstMs, times: times + 1, sinceMs, lastMs: nowMs });
      if (nowMs - sinceMs >= DOWN_AFTER_MS) this.#hold(name, error);
    }
  }
}

/** The names of what may be down: a server, and perhaps a part of it. */
function namesOf({ origin, part }: Asked): readonly [server: string] | readonly [server: string, part: string] {
  if (part === undefined) return [origin];
  const name = `${origin} ${part}`;
  return part === TOKENS ? [name] : [origin, name];
}

function tookLong(error: unknown): boolean {
  return /TIMEOUT|TIMEDOUT|DEADLINE/.test(codeOf(error));
}
