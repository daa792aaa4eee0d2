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

/** What has answered, be it with a failure: when the last requests were sent that it did not fail (ms of the clock). */
interface Life {
  /** Answered without a failure. A refusal is such an answer. */
  answeredMs: number;
  /** Answered with neither a failure nor a refusal. */
  servedMs: number;
}

/** What is wrong with a server or a repository since its last good answer. */
interface Trouble {
  /** Since when it has not answered, if it never has (ms of the clock). */
  silentSinceMs?: number;
  /** If its last answer was a failure. */
  failing?: Failing | undefined;
  /** Since when it has answered nothing but refusals (ms of the clock). */
  refusedSinceMs?: number;
  /** If it is down: the failure, and until when it holds (ms of the clock). */
  held?: { readonly error: Error; readonly untilMs: number } | undefined;
}

/** Failures in a row. */
interface Failing {
  readonly firstMs: number;
  /** The first of those that came without a long time in between. */
  readonly sinceMs: number;
  readonly lastMs: number;
}

/** What the repositories of a server have shown of it. */
interface Server {
  /** What the last failure of one turned out to be. */
  lastFailure?: 'passed' | 'lasted';
  /** When it last refused a repository that it answered before or later: it has a limit (ms of the clock). */
  limitedMs?: number;
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
  // Lives and troubles are apart because each list forgets what was asked least of late: the many that are well would push
  // out the few that are not.
  readonly #lives = knownByName<Life>(() => ({ answeredMs: NEVER, servedMs: NEVER }));
  readonly #troubles = knownByName<Trouble>(() => ({}));
  readonly #servers = knownByName<Server>(() => ({}));
  readonly #causes = new WeakSet<object>();
  /** Until when the last failure holds that holds for others: later, nobody needs to look for one (ms of the clock). */
  #heldUntilMs = NEVER;

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
    const nowMs = this.#clock.now();
    if (nowMs >= this.#heldUntilMs) return undefined;
    for (const name of namesOf(asked)) {
      const held = this.#troubles.get(name)?.held;
      if (held && nowMs < held.untilMs) return held.error;
    }
    return undefined;
  }

  /** Notes an answer. @param failure its status, if that is a temporary failure */
  noteAnswer(asked: Asked, failure: number | undefined, startedAtMs: number): void {
    const names = namesOf(asked);
    const [server] = names;
    if (failure !== undefined) {
      this.#lives.memo(server);
      this.#noteFailing(asked, failedWith(failure), startedAtMs);
      return;
    }
    for (const name of names) {
      this.#noteLife(server, name, startedAtMs).servedMs = startedAtMs;
      const trouble = this.#troubles.get(name);
      if (trouble?.refusedSinceMs !== undefined) this.#servers.memo(server).limitedMs = this.#clock.now();
      if (trouble) this.#troubles.delete(name);
    }
  }

  /** Notes a refusal for too many requests, and how long the registry asks to wait. */
  noteRefusal(asked: Asked, startedAtMs: number, retryAfterMs = LONGEST_BACKOFF_MS): void {
    const names = namesOf(asked);
    const [server, part] = names;
    for (const name of names) this.#noteLife(server, name, startedAtMs);
    if (part === undefined) return;
    const nowMs = this.#clock.now();
    if (this.#lives.memo(part).servedMs > NEVER) this.#servers.memo(server).limitedMs = nowMs;
    const trouble = this.#troubles.memo(part);
    const { limitedMs = NEVER } = this.#servers.memo(server);
    const { refusedSinceMs = NEVER } = trouble;
    if (limitedMs >= refusedSinceMs) trouble.refusedSinceMs = nowMs;
    const othersWereServed = this.#lives.memo(server).servedMs > refusedSinceMs;
    if (limitedMs >= refusedSinceMs || !othersWereServed || nowMs - refusedSinceMs < REFUSES_FOR_EVER_AFTER_MS) return;
    // Requests that wait until the pause is over fail then, too.
    this.#hold(part, new OutageError(REFUSES_FOR_EVER), Math.min(retryAfterMs, LONGEST_PAUSE_MS) + HOLDS_MS);
  }

  /** Notes that a server, or a part of it, answered without a failure. */
  #noteLife(server: string, name: string, startedAtMs: number): Life {
    const trouble = this.#troubles.get(name);
    if (trouble?.failing && name !== server) this.#servers.memo(server).lastFailure = 'passed';
    if (trouble) trouble.failing = trouble.held = undefined;
    // This runs for nearly every request, and `memo` takes twice as long as `get`.
    const life = this.#lives.get(name) ?? this.#lives.memo(name);
    life.answeredMs = startedAtMs;
    return life;
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
    const answeredMs = this.#lives.get(server)?.answeredMs ?? NEVER;
    const failing = this.#troubles.get(part)?.failing;
    if (failing && answeredMs >= failing.firstMs) this.#servers.memo(server).lastFailure = 'lasted';
    switch (this.#servers.get(server)?.lastFailure) {
      case 'passed':
        return false;
      case 'lasted':
        if (!this.#lives.has(part)) return true;
    }
    return answeredMs >= Math.min(failing?.firstMs ?? 0, this.#clock.now() - LATELY_MS);
  }

  #hold(name: string, error: Error, forMs = HOLDS_MS): void {
    this.#causes.add(error);
    const untilMs = this.#clock.now() + forMs;
    this.#troubles.memo(name).held = { error, untilMs };
    this.#heldUntilMs = Math.max(this.#heldUntilMs, untilMs);
  }

  /**
   * Whether what has never answered failed to for another time: it may be starting. A refused connection takes no time.
   */
  #isSilent(name: string, error: Error, startedAtMs: number): boolean {
    if (this.#lives.has(name) || !tookLong(error)) return false;
    const trouble = this.#troubles.memo(name);
    const sinceMs = trouble.silentSinceMs;
    trouble.silentSinceMs ??= this.#clock.now();
    return sinceMs !== undefined && startedAtMs >= sinceMs;
  }

  /** Notes a failure; it holds for others if there was nothing else for minutes. */
  #noteFailing(asked: Asked, error: Error, startedAtMs: number): void {
    const nowMs = this.#clock.now();
    for (const name of namesOf(asked)) {
      const trouble = this.#troubles.memo(name);
      const before = trouble.failing;
      const firstMs = before?.firstMs ?? nowMs;
      const sinceMs = before && startedAtMs - before.lastMs <= LONGEST_GAP_MS ? before.sinceMs : nowMs;
      trouble.failing = { firstMs, sinceMs, lastMs: nowMs };
      if (nowMs - sinceMs >= DOWN_AFTER_MS) this.#hold(name, error);
    }
  }
}

/** Records by the names of servers and their parts. `memo` finds one, or begins one of which nothing is known yet. */
function knownByName<Value extends object>(nothing: () => Value): LRUCache<string, Value> {
  return new LRUCache({ max: MAX_KNOWN, memoMethod: nothing });
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
