import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { RegistryHost } from '../../oci/reference.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { PlaceOptions, RequestGovernor, RequestOutcome } from '../registry.ts';
import { LONGEST_PAUSE_MS } from './policy.ts';
import { EXCHANGE_SCRIPT } from './script.ts';
import { type Release, WaitingLine } from './waiting-line.ts';

/** What a shared governor needs. */
export interface RedisGovernorOptions {
  readonly redis: Redis;
  /** Begins all keys. */
  readonly prefix: string;
  /** Called when Redis fails; requests wait until it answers again. */
  readonly onError: (error: Error) => void;
  /** A process that reports nothing for this long counts as dead, and its places as free (ms); default 10,000. */
  readonly leaseMs?: number;
  readonly clock?: Clock;
}

const DEFAULTS = { leaseMs: 10_000, clock: systemClock };
type Resolved = RedisGovernorOptions & typeof DEFAULTS;

/** A governor that several processes share. */
export interface RedisGovernor extends RequestGovernor<PlaceOptions> {
  /** Gives all places back at once. */
  close(): Promise<void>;
}

/**
 * The governor that all workers share: policy.ts over one state per registry, stored in Redis.
 *
 * A process does not ask Redis before each request. It collects outcomes and demand, and sends them in one exchange.
 * While the registry sets no limit, a place that becomes free goes to the next request at once, and Redis is told
 * later. At full speed that takes a few dozen exchanges a second, however many requests are sent. So a process learns by
 * its next exchange that another was refused: what Redis has said is not relied on for longer than {@link HOLDS_MS}, however
 * late timers and answers are on a busy machine.
 */
export function createRedisGovernor(options: RedisGovernorOptions): RedisGovernor {
  const resolved = { ...DEFAULTS, ...options };
  const exchange = exchangeThrough(resolved);
  const gates = new Map<RegistryHost, SharedGate>();
  const gateOf = (registry: RegistryHost): SharedGate => {
    const gate = gates.get(registry) ?? new SharedGate((report) => exchange(registry, report), resolved);
    gates.set(registry, gate);
    return gate;
  };
  return {
    acquire: (registry, options) => gateOf(registry).acquire(options),
    async close() {
      await Promise.all([...gates.values()].map((gate) => gate.close()));
    },
  };
}

/** What a process reports to Redis and asks for. Times are ms. */
interface Report {
  readonly maxConcurrency: number;
  /** Places that the process holds, in use or spare. */
  readonly held: number;
  /** Requests that wait for a place. */
  readonly waiting: number;
  /** Requests that started in spare places since the last report. */
  readonly started: number;
  readonly outcomes: readonly (RequestOutcome & { readonly agoMs: number })[];
}

/** The answer of Redis to a report. */
interface Answer {
  /** Requests that may start now. */
  readonly granted: number;
  /** After how long to ask again (ms); undefined when another request has to end first. */
  readonly retryMs: number | undefined;
  /** Whether the next request may reuse a place without asking. */
  readonly free: boolean;
  /** Places that the process may hold while other processes wait. */
  readonly keep: number;
}

type Exchange = (registry: RegistryHost, report: Report) => Promise<Answer>;

function exchangeThrough({ redis, prefix, leaseMs }: Resolved): Exchange {
  const holder = randomUUID();
  const common = { holder, leaseMs, turnMs: TURN_MS, forgetMs: 2 * LONGEST_PAUSE_MS };
  redis.defineCommand('slimboardGovern', { numberOfKeys: 2, lua: EXCHANGE_SCRIPT });
  const { slimboardGovern } = redis as unknown as {
    slimboardGovern(state: string, holders: string, report: string): Promise<[number, number, number, number]>;
  };
  return async (registry, report) => {
    const state = `${prefix}:governor:${registry}`;
    const text = JSON.stringify({ ...common, ...report });
    const [granted, retryMs, free, keep] = await slimboardGovern.call(redis, state, `${state}:holders`, text);
    return { granted, retryMs: retryMs < 0 ? undefined : retryMs, free: free === 1, keep };
  };
}

/** Outcomes are collected for this long when no request waits for a place. */
const REPORT_MS = 20;
/** How often a process without a place asks whether another has given one back. */
const POLL_MS = 40;
/**
 * When processes outnumber the places, one that had its turn lets the others ask first; they do so within this time.
 */
const TURN_MS = 2 * POLL_MS;
const AFTER_ERROR_MS = 1_000;
/** Places may be reused without asking for this long after Redis was last asked. Then spare ones are given back. */
const HOLDS_MS = 100;

/** Admits the requests of this process to one registry. */
class SharedGate {
  readonly #exchange: (report: Report) => Promise<Answer>;
  readonly #options: Resolved;
  readonly #line = new WaitingLine();
  #outcomes: { readonly outcome: RequestOutcome; readonly startedAtMs: number }[] = [];
  #inUse = 0;
  /** Places that became free and may be reused without asking. */
  #spare = 0;
  #startedFromSpare = 0;
  /** Until when places may be reused without asking. */
  #freeUntilMs = 0;
  #keep = 0;
  #retryAtMs = 0;
  #exchanging: Promise<void> | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #cancelTimer: () => void = () => undefined;

  constructor(exchange: (report: Report) => Promise<Answer>, options: Resolved) {
    this.#exchange = exchange;
    this.#options = options;
  }

  acquire(options: PlaceOptions): Promise<Release> {
    // The places that may be reused were granted to requests that allow more.
    if (options.maxConcurrency < this.#line.maxConcurrency) this.#stopPassingOn();
    const place = this.#line.join(options);
    this.#useSpare();
    if (this.#line.length > 0) this.#ask();
    return place;
  }

  async close(): Promise<void> {
    this.#line.clear();
    await this.#exchanging;
    this.#cancelTimer();
    this.#inUse = 0;
    this.#spare = 0;
    await this.#exchange(this.#report()).catch(() => undefined);
  }

  #isFree(): boolean {
    return this.#options.clock.now() < this.#freeUntilMs;
  }

  #useSpare(): void {
    if (!this.#isFree()) this.#spare = 0;
    while (this.#spare > 0 && this.#line.length > 0) {
      this.#spare -= 1;
      this.#startedFromSpare += 1;
      this.#startFirst();
    }
  }

  #startFirst(): void {
    const startedAtMs = this.#options.clock.now();
    this.#inUse += 1;
    this.#line.admitFirst((outcome) => this.#release(outcome, startedAtMs));
  }

  #release(outcome: RequestOutcome, startedAtMs: number): void {
    this.#inUse -= 1;
    this.#outcomes.push({ outcome, startedAtMs });
    if (outcome.kind === 'throttled') this.#stopPassingOn();
    if (this.#isFree() && this.#inUse + this.#spare < this.#keep) this.#spare += 1;
    const passesOn = this.#isFree() && this.#spare > 0;
    this.#useSpare();
    if (this.#line.length > 0 && !passesOn) this.#ask();
    else this.#exchangeIn(REPORT_MS);
  }

  /** After a refusal each place has to be asked for again. The other processes learn of it by the next exchange. */
  #stopPassingOn(): void {
    this.#freeUntilMs = 0;
    this.#spare = 0;
  }

  /** Exchanges as soon as Redis may grant a place. */
  #ask(): void {
    this.#exchangeIn(Math.max(0, this.#retryAtMs - this.#options.clock.now()));
  }

  /** Exchanges after `delayMs` at the latest. An exchange that is under way schedules the next one itself. */
  #exchangeIn(delayMs: number): void {
    const dueMs = this.#options.clock.now() + delayMs;
    if (this.#exchanging || dueMs >= this.#dueMs) return;
    this.#cancelTimer();
    this.#dueMs = dueMs;
    this.#cancelTimer = this.#options.clock.schedule(() => {
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#exchanging = this.#exchangeNow();
    }, delayMs);
  }

  async #exchangeNow(): Promise<void> {
    if (!this.#isFree()) this.#spare = 0;
    const askedAtMs = this.#options.clock.now();
    const reported = this.#outcomes;
    const report = this.#report();
    let nextMs: number | undefined;
    try {
      nextMs = this.#apply(await this.#exchange(report), report, askedAtMs);
    } catch (error) {
      this.#outcomes = [...reported, ...this.#outcomes];
      this.#options.onError(error as Error);
      nextMs = AFTER_ERROR_MS;
    }
    this.#exchanging = undefined;
    if (nextMs !== undefined) this.#exchangeIn(nextMs);
  }

  #report(): Report {
    const nowMs = this.#options.clock.now();
    const report = {
      maxConcurrency: this.#line.maxConcurrency,
      held: this.#inUse + this.#spare,
      waiting: this.#line.length,
      started: this.#startedFromSpare,
      outcomes: this.#outcomes.map(({ outcome, startedAtMs }) => ({ ...outcome, agoMs: nowMs - startedAtMs })),
    };
    this.#outcomes = [];
    this.#startedFromSpare = 0;
    return report;
  }

  /**
   * Starts as many requests as were granted.
   * @returns after how long to exchange again (ms); undefined when there is nothing to report or to ask for
   */
  #apply(answer: Answer, { waiting, maxConcurrency }: Report, askedAtMs: number): number | undefined {
    // What came after the report may forbid what it allowed.
    const isStricter =
      this.#line.maxConcurrency < maxConcurrency || this.#outcomes.some(({ outcome }) => outcome.kind === 'throttled');
    this.#freeUntilMs = answer.free && !isStricter ? askedAtMs + HOLDS_MS : 0;
    this.#keep = answer.keep;
    this.#retryAtMs = answer.retryMs === undefined ? 0 : this.#options.clock.now() + answer.retryMs;
    let granted = answer.granted;
    for (; granted > 0 && this.#line.length > 0; granted -= 1) this.#startFirst();
    // Places for requests that were aborted meanwhile become spare ones.
    this.#spare = this.#isFree() ? Math.min(this.#spare + granted, Math.max(0, this.#keep - this.#inUse)) : 0;
    this.#useSpare();
    return this.#nextExchangeMs(answer, waiting);
  }

  #nextExchangeMs(answer: Answer, asked: number): number | undefined {
    const heartbeatMs = this.#options.leaseMs / 3;
    if (this.#line.length > 0) {
      // If everything was granted, or requests ended while the exchange was under way, more may be granted now.
      const mayAskNow = answer.granted >= asked || this.#outcomes.length > 0;
      const pauseMs = answer.retryMs ?? (mayAskNow ? 0 : POLL_MS * (0.5 + Math.random()));
      return Math.min(pauseMs, heartbeatMs);
    }
    if (this.#outcomes.length > 0) return REPORT_MS;
    if (this.#spare > 0) return Math.min(HOLDS_MS, heartbeatMs);
    return this.#inUse > 0 ? heartbeatMs : undefined;
  }
}
