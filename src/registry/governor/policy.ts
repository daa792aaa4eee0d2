import type { RequestOutcome } from '../registry.ts';

/**
 * How fast one registry may be asked: pure functions over a small, flat, JSON-safe state, which one process keeps in
 * memory and several share in Redis. Times are ms of one clock. The caller counts the requests in flight, and knows
 * which of them died with their process.
 *
 * The limits, in the order in which they apply:
 * 1. A pause: nothing starts until Retry-After is over (without it: 1 s, doubled with each refusal in a row).
 * 2. Places for requests in flight, as in TCP: doubled each round trip until the first refusal, then halved at each
 *    refusal, and one more each round trip.
 * 3. A rate: unlimited until the first refusal, then half of the rate that was refused. It grows by 5 % of the refused
 *    rate a second, and is lifted at four times the refused rate.
 * 4. A budget that the registry announces: what remains is spread over its window.
 *
 * A row of 503s that name no limit, and that pauses of two minutes do not end, is an outage, of a single repository maybe.
 * The next ones pause nothing, or an audit would wait a minute for each of a thousand tags. One request at a time is sent
 * until the next success, and no more than {@link OUTAGE_RATE} a second: a whole registry may be down.
 *
 * Refusals rarer than one in fifty requests halve neither places nor rate. They come from a registry under load rather
 * than from a limit, and are waited out.
 */

/** What is known about the limits of one registry. */
export interface GovernorState {
  /** How many requests may be in flight, rounded down. */
  readonly places: number;
  /** Below this many places each success adds one; above, a whole round trip of successes adds one. */
  readonly slowStartUntil: number;
  /** The most requests a second; 0: no limit. */
  readonly ratePerSecond: number;
  /** The rate that the registry last refused (requests a second); 0: none yet. */
  readonly refusedPerSecond: number;
  /** When the rate allows the next request to start (ms). */
  readonly nextStartMs: number;
  /** When the pause ends (ms). */
  readonly pausedUntilMs: number;
  /** Refusals since the last success. */
  readonly refusals: number;
  /**
   * Counts recent refusals: each adds one, each success subtracts {@link CALM_PER_SUCCESS}. A refusal that reaches
   * {@link MOST_CAUTION} halves places and rate.
   */
  readonly caution: number;
  /** Refusals of requests that started before this moment do not count as another one in a row (ms). */
  readonly refusedAtMs: number;
  /** Requests that started before this moment went at the old speed: their refusals do not halve it again (ms). */
  readonly halvedAtMs: number;
  /** Requests a second that the announced budget allows; 0: no limit. */
  readonly budgetPerSecond: number;
  /** Until when that holds (ms). */
  readonly budgetUntilMs: number;
  /** Requests started since `countedFromMs`: gives the rate at a refusal. */
  readonly starts: number;
  readonly countedFromMs: number;
}

/**
 * Whether a request may start. `state`: the state after its start. `retryAtMs`: when to ask again; absent: when another
 * request has ended.
 */
export type Admission =
  | { readonly admitted: true; readonly state: GovernorState }
  | { readonly admitted: false; readonly retryAtMs?: number };

/** Doubles to 64 within two round trips, and is no burst for even the smallest registry. */
const FIRST_PLACES = 16;
/** One request in five seconds, so that the end of a limit is noticed. */
export const MIN_RATE_PER_SECOND = 0.2;
/** 503s that name no limit lower the rate no further: they may be those of a single repository, whose speed matters not. */
export const MIN_RATE_IN_OUTAGE = 4;
/** As many requests a second are sent to a registry in an outage. */
export const OUTAGE_RATE = 20;
/** The part of the refused rate that the rate grows by each second: from half of it to all of it in ten seconds. */
export const RATE_GROWTH = 0.05;
/** The multiple of the refused rate at which the rate is lifted. */
export const RATE_LIFTED_AT = 4;
/** A timer that is late by up to this much does not lower the rate. */
export const PACING_SLACK_MS = 50;
/** Starts are counted anew after this long. */
export const COUNTING_MS = 2_000;
/** The pause after a first refusal without Retry-After, and the longest after many in a row. */
export const FIRST_PAUSE_MS = 1_000;
export const LONGEST_BACKOFF_MS = 60_000;
/** After as many refusals in a row, after which the pauses add up to two minutes, one may be an outage. */
export const OUTAGE_AFTER = 7;
/** As many refusals close together halve places and rate. */
export const MOST_CAUTION = 3;
/** Keeps refusals that are rarer than one in fifty requests from adding up. */
export const CALM_PER_SUCCESS = 0.02;
/** A longer Retry-After is cut to an hour: it may be wrong, or hostile. */
export const LONGEST_PAUSE_MS = 3_600_000;
/** Budgets of hours (Docker Hub: six) may be spent within a minute: most audits need less than the budget. */
export const BUDGET_SPREAD_MS = 60_000;

/** The state of a registry that was not asked yet. */
export const INITIAL_STATE: GovernorState = {
  places: FIRST_PLACES,
  slowStartUntil: Number.MAX_SAFE_INTEGER,
  ratePerSecond: 0,
  refusedPerSecond: 0,
  nextStartMs: 0,
  pausedUntilMs: 0,
  refusals: 0,
  // Nothing is known of a new registry: a refusal among its first answers halves the speed.
  caution: MOST_CAUTION,
  refusedAtMs: 0,
  halvedAtMs: 0,
  budgetPerSecond: 0,
  budgetUntilMs: 0,
  starts: 0,
  countedFromMs: 0,
};

/**
 * Whether one more request may start now, with `inFlight` others under way.
 * @param maxConcurrency the most requests at the same time that the settings allow
 */
export function admit(state: GovernorState, inFlight: number, nowMs: number, maxConcurrency: number): Admission {
  if (nowMs < state.pausedUntilMs) return { admitted: false, retryAtMs: state.pausedUntilMs };
  // After a refusal a single request finds out whether the pause was long enough.
  const places = state.refusals > 0 ? 1 : Math.max(1, Math.min(Math.floor(state.places), maxConcurrency));
  if (inFlight >= places) return { admitted: false };
  const rate = effectiveRate(state, nowMs);
  if (rate > 0 && nowMs < state.nextStartMs) return { admitted: false, retryAtMs: state.nextStartMs };
  return { admitted: true, state: started(state, nowMs, rate) };
}

/** A request that has ended. */
export type EndedRequest = RequestOutcome & { readonly startedAtMs: number };

/** The state after a request ended at `nowMs`. */
export function settle(
  state: GovernorState,
  request: EndedRequest,
  nowMs: number,
  maxConcurrency: number,
): GovernorState {
  const within = state.places > maxConcurrency ? { ...state, places: maxConcurrency } : state;
  const budgeted = withBudget(within, request, nowMs);
  if (request.kind === 'throttled')
    return isOutage(state, request) ? { ...budgeted, ratePerSecond: 0 } : refused(budgeted, request, nowMs);
  // The transport itself backs off from a registry in trouble.
  if (request.kind === 'failed') return budgeted;
  return succeeded(budgeted, request, maxConcurrency);
}

function isOutage({ refusals }: GovernorState, { mayBeOutage }: RequestOutcome): boolean {
  return mayBeOutage === true && refusals >= OUTAGE_AFTER;
}

/** The lower of the rate and the budget (requests a second); 0: no limit. */
function effectiveRate(state: GovernorState, nowMs: number): number {
  const budget = nowMs < state.budgetUntilMs ? state.budgetPerSecond : 0;
  const rate = state.ratePerSecond === 0 && state.refusals >= OUTAGE_AFTER ? OUTAGE_RATE : state.ratePerSecond;
  if (rate === 0 || budget === 0) return Math.max(rate, budget);
  return Math.min(rate, budget);
}

function started(state: GovernorState, nowMs: number, rate: number): GovernorState {
  const from = Math.max(state.nextStartMs, nowMs - PACING_SLACK_MS);
  const nextStartMs = rate > 0 ? from + 1_000 / rate : state.nextStartMs;
  if (nowMs - state.countedFromMs > COUNTING_MS) return { ...state, nextStartMs, starts: 1, countedFromMs: nowMs };
  return { ...state, nextStartMs, starts: state.starts + 1 };
}

function refused(state: GovernorState, request: EndedRequest, nowMs: number): GovernorState {
  const { startedAtMs, retryAfterMs } = request;
  const isNew = startedAtMs >= state.refusedAtMs;
  const refusals = isNew ? state.refusals + 1 : Math.max(1, state.refusals);
  const pauseMs = retryAfterMs ?? Math.min(LONGEST_BACKOFF_MS, FIRST_PAUSE_MS * 2 ** Math.min(refusals - 1, 16));
  const pausedUntilMs = Math.max(state.pausedUntilMs, nowMs + Math.min(pauseMs, LONGEST_PAUSE_MS));
  const caution = Math.min(MOST_CAUTION, state.caution + 1);
  const tooFast = caution === MOST_CAUTION && startedAtMs >= state.halvedAtMs;
  const isSpeedNew = tooFast || state.ratePerSecond === 0;
  const measured = isSpeedNew ? { ...state, refusedPerSecond: refusedSpeed(state, nowMs) } : state;
  const slower = tooFast ? halved(measured, request, nowMs) : measured;
  return { ...slower, refusals, caution, pausedUntilMs, refusedAtMs: isNew ? nowMs : state.refusedAtMs };
}

/**
 * The refused rate (requests a second). A refused probe after a pause says nothing about it: the earlier value stays.
 */
function refusedSpeed(state: GovernorState, nowMs: number): number {
  if (state.refusals > 0 && state.ratePerSecond === 0) return state.refusedPerSecond;
  const elapsedSeconds = Math.max(nowMs - state.countedFromMs, 250) / 1_000;
  const sentPerSecond = state.starts / elapsedSeconds;
  const perSecond = state.ratePerSecond > 0 ? Math.min(state.ratePerSecond, sentPerSecond) : sentPerSecond;
  return Math.max(perSecond, MIN_RATE_PER_SECOND);
}

function halved(state: GovernorState, { mayBeOutage }: RequestOutcome, nowMs: number): GovernorState {
  const places = Math.max(1, state.places / 2);
  const slowest = mayBeOutage ? MIN_RATE_IN_OUTAGE : MIN_RATE_PER_SECOND;
  const least = state.ratePerSecond > 0 ? Math.min(slowest, state.ratePerSecond) : slowest;
  const ratePerSecond = Math.max(state.refusedPerSecond / 2, least);
  return { ...state, places, slowStartUntil: places, ratePerSecond, halvedAtMs: nowMs };
}

function succeeded(state: GovernorState, { startedAtMs }: EndedRequest, maxConcurrency: number): GovernorState {
  const growth = state.places < state.slowStartUntil ? 1 : 1 / state.places;
  const places = Math.min(maxConcurrency, state.places + growth);
  const grown = state.ratePerSecond + (RATE_GROWTH * state.refusedPerSecond) / Math.max(state.ratePerSecond, 1);
  const isLifted = state.ratePerSecond === 0 || grown > RATE_LIFTED_AT * state.refusedPerSecond;
  // Success of a request that started before the last refusal does not end the row of refusals.
  const refusals = startedAtMs >= state.refusedAtMs ? 0 : state.refusals;
  const caution = Math.max(0, state.caution - CALM_PER_SUCCESS);
  return { ...state, places, refusals, caution, ratePerSecond: isLifted ? 0 : grown };
}

function withBudget(state: GovernorState, outcome: RequestOutcome, nowMs: number): GovernorState {
  if (outcome.remaining === undefined) return state;
  const spreadMs = Math.min(Math.max(outcome.windowMs ?? BUDGET_SPREAD_MS, 1_000), BUDGET_SPREAD_MS);
  return {
    ...state,
    // With nothing left, one request per window finds out when there is budget again.
    budgetPerSecond: (Math.max(outcome.remaining, 1) * 1_000) / spreadMs,
    budgetUntilMs: nowMs + spreadMs,
  };
}
