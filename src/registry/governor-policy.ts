import type { RequestOutcome } from './registry.ts';

/**
 * How fast one registry may be asked: pure functions over a small, flat, JSON-safe state, so that one process can keep
 * it in memory and many can share it in Redis. Times are ms of one clock; requests in flight are counted by the caller,
 * who also knows which of them died with their process.
 *
 * The policy, in the order in which it binds:
 * 1. A pause: nothing starts until Retry-After is over (without one: 1 s, doubled with each refusal in a row).
 * 2. Places: like TCP, doubled each round trip until the first refusal; then halved at a refusal, and one more a round trip.
 * 3. A rate: none until the first refusal, then half of what was being sent; grows by 5 % of that a second, and goes
 *    when it has stood at four times of that. Of refusals that come less than once in fifty requests neither is halved:
 *    they are waited out, for they tell of the registry's day, not of a limit.
 * 4. A budget that the registry announces: what remains is spread over its window.
 */

/** Limits that the user sets for one registry. */
export interface GovernorSettings {
  /** Requests at the same time, at most. */
  readonly maxConcurrency: number;
  /** Requests a second, at most; absent: none but what the registry's answers teach. */
  readonly maxRatePerSecond?: number;
}

export interface GovernorState {
  /** Places; a fraction is a place on its way. */
  readonly places: number;
  /** Up to here each success adds a place; above, it takes a round trip of them. */
  readonly slowStartUntil: number;
  /** Requests a second; 0 is no limit. */
  readonly ratePerSecond: number;
  /** The rate that the registry last refused; 0 is never. */
  readonly refusedPerSecond: number;
  /** When the rate allows the next start (ms). */
  readonly nextStartMs: number;
  readonly pausedUntilMs: number;
  /** Refusals since the last success. */
  readonly refusals: number;
  /** Refusals of late: each adds one, each success takes some off. At {@link MOST_CAUTION} a refusal halves the speed. */
  readonly caution: number;
  /** Refusals of requests that started before this moment do not count as another one in a row. */
  readonly refusedAtMs: number;
  /** Requests that started before this were sent at the old speed: their refusals do not halve it again. */
  readonly halvedAtMs: number;
  /** What the registry's announced budget allows a second; 0 is no limit. */
  readonly budgetPerSecond: number;
  readonly budgetUntilMs: number;
  /** Starts since `countedFromMs`, to know the rate at a refusal. */
  readonly starts: number;
  readonly countedFromMs: number;
}

/** A request may start (the state is the one after it), or not before `retryAtMs` (absent: when another one ends). */
export type Admission =
  | { readonly admitted: true; readonly state: GovernorState }
  | { readonly admitted: false; readonly retryAtMs?: number };

/** Doubles to 64 in two round trips, and is no burst for the smallest registry. */
const FIRST_PLACES = 16;
const MIN_RATE_PER_SECOND = 0.2;
/** Of the refused rate, a second: from half of it back to it in ten seconds. */
const RATE_GROWTH = 0.05;
const RATE_LIFTED_AT = 4;
/** A timer may be this late and the rate is still used in full. */
const PACING_SLACK_MS = 50;
const COUNTING_MS = 2_000;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_BACKOFF_MS = 60_000;
const MOST_CAUTION = 3;
/** Speed that is refused less than once in fifty requests is the registry's own. */
const CALM_PER_SUCCESS = 0.02;
/** A registry that asks for more is asked again after an hour: Retry-After may be wrong, or hostile. */
export const LONGEST_PAUSE_MS = 3_600_000;
/** Budgets of hours (Docker Hub: six) are spent within a minute if need be: most audits need less than the budget. */
const BUDGET_SPREAD_MS = 60_000;

/** Of a registry that was not asked yet. */
export function initialGovernorState(settings: GovernorSettings): GovernorState {
  return {
    places: Math.min(FIRST_PLACES, settings.maxConcurrency),
    slowStartUntil: settings.maxConcurrency,
    ratePerSecond: 0,
    refusedPerSecond: 0,
    nextStartMs: 0,
    pausedUntilMs: 0,
    refusals: 0,
    // Of a registry that nobody knows yet the first refusal counts.
    caution: MOST_CAUTION,
    refusedAtMs: 0,
    halvedAtMs: 0,
    budgetPerSecond: 0,
    budgetUntilMs: 0,
    starts: 0,
    countedFromMs: 0,
  };
}

/** Whether one more request may start now, with `inFlight` others under way. */
export function admit(state: GovernorState, inFlight: number, nowMs: number, settings: GovernorSettings): Admission {
  if (nowMs < state.pausedUntilMs) return { admitted: false, retryAtMs: state.pausedUntilMs };
  // After a refusal one request alone finds out whether the pause was long enough.
  const places = state.refusals > 0 ? 1 : Math.max(1, Math.min(Math.floor(state.places), settings.maxConcurrency));
  if (inFlight >= places) return { admitted: false };
  const rate = effectiveRate(state, nowMs, settings);
  if (rate > 0 && nowMs < state.nextStartMs) return { admitted: false, retryAtMs: state.nextStartMs };
  return { admitted: true, state: started(state, nowMs, rate) };
}

/** The state after a request that started at `startedAtMs` ended at `nowMs`. */
export function settle(
  state: GovernorState,
  outcome: RequestOutcome,
  startedAtMs: number,
  nowMs: number,
  settings: GovernorSettings,
): GovernorState {
  const budgeted = withBudget(state, outcome, nowMs);
  if (outcome.throttled) return refused(budgeted, outcome, startedAtMs, nowMs);
  // No answer, or a server's failure, tells nothing about the limit; the transport's own back-off spares a registry in trouble.
  if (outcome.status === undefined || outcome.status >= 500) return budgeted;
  return succeeded(budgeted, startedAtMs, settings);
}

function effectiveRate(state: GovernorState, nowMs: number, settings: GovernorSettings): number {
  const budget = nowMs < state.budgetUntilMs ? state.budgetPerSecond : 0;
  const rates = [state.ratePerSecond, budget, settings.maxRatePerSecond ?? 0].filter((rate) => rate > 0);
  return rates.length === 0 ? 0 : Math.min(...rates);
}

function started(state: GovernorState, nowMs: number, rate: number): GovernorState {
  const from = Math.max(state.nextStartMs, nowMs - PACING_SLACK_MS);
  const nextStartMs = rate > 0 ? from + 1_000 / rate : state.nextStartMs;
  if (nowMs - state.countedFromMs > COUNTING_MS) return { ...state, nextStartMs, starts: 1, countedFromMs: nowMs };
  return { ...state, nextStartMs, starts: state.starts + 1 };
}

function refused(state: GovernorState, outcome: RequestOutcome, startedAtMs: number, nowMs: number): GovernorState {
  const news = startedAtMs >= state.refusedAtMs;
  const refusals = news ? state.refusals + 1 : Math.max(1, state.refusals);
  const pauseMs =
    outcome.retryAfterMs ?? Math.min(LONGEST_BACKOFF_MS, FIRST_PAUSE_MS * 2 ** Math.min(refusals - 1, 16));
  const pausedUntilMs = Math.max(state.pausedUntilMs, nowMs + Math.min(pauseMs, LONGEST_PAUSE_MS));
  const caution = Math.min(MOST_CAUTION, state.caution + 1);
  const tooFast = caution === MOST_CAUTION && startedAtMs >= state.halvedAtMs;
  const isSpeedNew = tooFast || state.ratePerSecond === 0;
  const measured = isSpeedNew ? { ...state, refusedPerSecond: refusedSpeed(state, nowMs) } : state;
  const slower = tooFast ? halved(measured, nowMs) : measured;
  return { ...slower, refusals, caution, pausedUntilMs, refusedAtMs: news ? nowMs : state.refusedAtMs };
}

/** Requests a second that were too many. A lone probe that is refused says nothing about speed: what stood is kept. */
function refusedSpeed(state: GovernorState, nowMs: number): number {
  if (state.refusals > 0 && state.ratePerSecond === 0) return state.refusedPerSecond;
  const elapsedSeconds = Math.max(nowMs - state.countedFromMs, 250) / 1_000;
  const sentPerSecond = state.starts / elapsedSeconds;
  const perSecond = state.ratePerSecond > 0 ? Math.min(state.ratePerSecond, sentPerSecond) : sentPerSecond;
  return Math.max(perSecond, MIN_RATE_PER_SECOND);
}

function halved(state: GovernorState, nowMs: number): GovernorState {
  const places = Math.max(1, state.places / 2);
  const ratePerSecond = Math.max(state.refusedPerSecond / 2, MIN_RATE_PER_SECOND);
  return { ...state, places, slowStartUntil: places, ratePerSecond, halvedAtMs: nowMs };
}

function succeeded(state: GovernorState, startedAtMs: number, settings: GovernorSettings): GovernorState {
  const growth = state.places < state.slowStartUntil ? 1 : 1 / state.places;
  const places = Math.min(settings.maxConcurrency, state.places + growth);
  const grown = state.ratePerSecond + (RATE_GROWTH * state.refusedPerSecond) / Math.max(state.ratePerSecond, 1);
  const lifted = state.ratePerSecond === 0 || grown > RATE_LIFTED_AT * state.refusedPerSecond;
  // A success that was under way before the refusal does not end the caution.
  const refusals = startedAtMs >= state.refusedAtMs ? 0 : state.refusals;
  const caution = Math.max(0, state.caution - CALM_PER_SUCCESS);
  return { ...state, places, refusals, caution, ratePerSecond: lifted ? 0 : grown };
}

function withBudget(state: GovernorState, outcome: RequestOutcome, nowMs: number): GovernorState {
  if (outcome.remaining === undefined) return state;
  const spreadMs = Math.min(Math.max(outcome.windowMs ?? BUDGET_SPREAD_MS, 1_000), BUDGET_SPREAD_MS);
  return {
    ...state,
    // With nothing left, one request a window finds out when there is something again.
    budgetPerSecond: (Math.max(outcome.remaining, 1) * 1_000) / spreadMs,
    budgetUntilMs: nowMs + spreadMs,
  };
}
