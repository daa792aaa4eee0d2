import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  admit,
  type GovernorState,
  INITIAL_STATE,
  LONGEST_PAUSE_MS,
  settle,
} from '../../../../src/registry/governor/policy.ts';
import type { RequestOutcome } from '../../../../src/registry/registry.ts';

const LIMIT = 64;
const ok: RequestOutcome = { status: 200, kind: 'answered' };
const refusal: RequestOutcome = { status: 429, kind: 'throttled' };
const start = INITIAL_STATE;

/** The state after a request from `startedAtMs` to `nowMs`. */
function ended(state: GovernorState, outcome: RequestOutcome, startedAtMs: number, nowMs: number): GovernorState {
  return settle(state, { ...outcome, startedAtMs }, nowMs, LIMIT);
}

/** The state after so many requests that each start alone at `nowMs` and end at once. */
function after(state: GovernorState, outcome: RequestOutcome, count: number, nowMs = 0): GovernorState {
  let current = state;
  for (let done = 0; done < count; done += 1) current = ended(current, outcome, nowMs, nowMs);
  return current;
}

test('places double with each round trip until the first refusal', () => {
  expect(after(start, ok, start.places).places).toBe(start.places * 2);
  expect(after(start, ok, 1_000).places).toBe(64);
});

test('no more places are given than the settings allow, be it one', () => {
  expect(admit(start, 0, 0, 1).admitted).toBe(true);
  expect(admit(start, 1, 0, 1)).toEqual({ admitted: false });
});

test('a refusal halves the places, and they come back one per round trip', () => {
  const halved = ended({ ...start, places: 64 }, refusal, 10, 10);
  expect(halved.places).toBe(32);
  const risen = after(halved, ok, 32, 20);
  expect(risen.places).toBeGreaterThan(32.9);
  expect(risen.places).toBeLessThan(33.1);
});

test('neither no answer nor a failure of the server changes the limit', () => {
  const slowed = ended({ ...start, places: 64 }, refusal, 10, 10);
  expect(after(slowed, { kind: 'failed' }, 10, 20)).toEqual(slowed);
});

test('refusals of concurrent requests halve the places once', () => {
  const first = ended(start, refusal, 5, 100);
  const second = ended(first, refusal, 6, 101);
  expect(second.places).toBe(first.places);
  expect(second.refusals).toBe(1);
});

test('after a long time without refusals, the first two of a burst only pause, and the rest halve once', () => {
  const places: number[] = [];
  let state = after(start, ok, 1_000);
  for (let nowMs = 100; nowMs < 105; nowMs += 1) {
    state = ended(state, refusal, 5, nowMs);
    places.push(state.places);
  }
  expect(places).toEqual([64, 64, 32, 32, 32]);
  expect(state).toMatchObject({ refusals: 1, pausedUntilMs: 1_104 });
});

test('one refusal in a hundred only pauses, and lowers no limit', () => {
  let state = after(start, ok, 1_000);
  for (let round = 1; round <= 20; round += 1) {
    state = ended(state, { ...refusal, retryAfterMs: 1_000 }, round * 10_000, round * 10_000);
    expect(admit(state, 0, round * 10_000 + 999, LIMIT).admitted).toBe(false);
    state = after(state, ok, 99, round * 10_000 + 1_000);
  }
  expect(state).toMatchObject({ places: 64, ratePerSecond: 0 });
});

test('a success that was sent before a refusal does not reset the count of refusals', () => {
  const state = ended(ended(start, refusal, 5, 100), ok, 6, 101);
  expect(state.refusals).toBe(1);
});

test('Retry-After pauses for exactly its time, and then admits a single request', () => {
  const state = ended(start, { ...refusal, retryAfterMs: 30_000 }, 0, 1_000);
  expect(admit(state, 0, 30_999, LIMIT)).toEqual({ admitted: false, retryAtMs: 31_000 });
  const probe = admit(state, 0, 31_000, LIMIT);
  expect(probe.admitted).toBe(true);
  expect(admit(state, 1, 31_000, LIMIT)).toEqual({ admitted: false });
});

test('a later refusal does not shorten a pause', () => {
  const first = ended(start, { ...refusal, retryAfterMs: 30_000 }, 0, 1_000);
  expect(ended(first, { ...refusal, retryAfterMs: 1_000 }, 0, 1_001).pausedUntilMs).toBe(31_000);
});

test('a second of successes lets the rate grow by a twentieth of the refused one', () => {
  const slowed = { ...start, ratePerSecond: 50, refusedPerSecond: 100 };
  expect(after(slowed, ok, 50).ratePerSecond).toBeCloseTo(55, 0);
});

test('a pause is never longer than an hour, whatever Retry-After says', () => {
  const state = ended(start, { ...refusal, retryAfterMs: 1e12 }, 0, 0);
  expect(state.pausedUntilMs).toBe(LONGEST_PAUSE_MS);
});

test.each([
  [1, 1_000],
  [2, 2_000],
  [3, 4_000],
  [10, 60_000],
])('without Retry-After, refusal %i in a row pauses for %i ms', (count, pauseMs) => {
  let state = start;
  let nowMs = 0;
  for (let refusals = 0; refusals < count; refusals += 1) {
    nowMs = Math.max(nowMs + 1, state.pausedUntilMs);
    state = ended(state, refusal, nowMs, nowMs);
  }
  expect(state.pausedUntilMs - nowMs).toBe(pauseMs);
});

test('503s of one repository among many do not slow down the others by more than a rate of four a second', () => {
  const unavailable: RequestOutcome = { status: 503, kind: 'throttled', mayBeOutage: true };
  /** The rate after rounds of two successes and a refusal. */
  const rateAfter = (outcome: RequestOutcome): number => {
    let state = start;
    for (let nowMs = 0; nowMs < 60_000; nowMs += 3_000) {
      state = ended(after(state, ok, 2, nowMs), outcome, nowMs + 2_000, nowMs + 2_000);
    }
    return state.ratePerSecond;
  };
  expect(rateAfter(unavailable)).toBe(4);
  expect(rateAfter(refusal)).toBe(0.2);
  expect(ended({ ...start, ratePerSecond: 0.5 }, unavailable, 0, 0).ratePerSecond).toBe(0.5);
});

test('a row of 503s that pauses of two minutes do not end pauses no more, until one after a success', () => {
  const unavailable: RequestOutcome = { status: 503, kind: 'throttled', mayBeOutage: true };
  let state = start;
  let nowMs = 0;
  for (let refusals = 0; refusals < 7; refusals += 1) {
    state = ended(state, unavailable, nowMs, nowMs);
    nowMs = state.pausedUntilMs;
  }
  expect(nowMs).toBe(123_000);
  expect(ended(state, refusal, nowMs, nowMs).pausedUntilMs).toBe(nowMs + 60_000);
  state = ended(state, unavailable, nowMs, nowMs);
  expect(admit(state, 0, nowMs, LIMIT).admitted).toBe(true);
  expect(admit(state, 1, nowMs, LIMIT)).toEqual({ admitted: false });
  state = ended(ended(state, ok, nowMs, nowMs), unavailable, nowMs, nowMs);
  expect(state.pausedUntilMs).toBe(nowMs + 1_000);
});

test('a registry that is down is asked no more than 20 times a second, however fast it answers', () => {
  const unavailable: RequestOutcome = { status: 503, kind: 'throttled', mayBeOutage: true };
  let state: GovernorState = { ...start, refusals: 7 };
  let requests = 0;
  for (let nowMs = 10_000; nowMs < 20_000; nowMs += 1) {
    const admission = admit(state, 0, nowMs, LIMIT);
    if (!admission.admitted) continue;
    requests += 1;
    state = ended(admission.state, unavailable, nowMs, nowMs);
  }
  expect(requests).toBeGreaterThan(190);
  expect(requests).toBeLessThanOrEqual(202);
  const recovered = ended(state, ok, 20_000, 20_000);
  expect(admit(recovered, 0, 20_000, LIMIT).admitted).toBe(true);
});

test.each([
  ['remaining spread over its window', { remaining: 300, windowMs: 30_000 }, 10],
  ['a budget of hours may go in a minute', { remaining: 60, windowMs: 21_600_000 }, 1],
  ['nothing left: one request a minute asks again', { remaining: 0, windowMs: 21_600_000 }, 1 / 60],
])('budget: %s', (_name, budget, perSecond) => {
  expect(ended(start, { ...ok, ...budget }, 0, 0).budgetPerSecond).toBeCloseTo(perSecond);
});

test('a budget that is not announced again is forgotten after its window', () => {
  const state = ended(start, { ...ok, remaining: 1, windowMs: 10_000 }, 0, 0);
  const first = admit(state, 0, 1_000, LIMIT);
  if (!first.admitted) throw new Error('expected a place');
  expect(admit(first.state, 0, 1_001, LIMIT).admitted).toBe(false);
  expect(admit(first.state, 0, 10_000, LIMIT).admitted).toBe(true);
});

test('a budget spaces out requests', () => {
  let state = ended(start, { ...ok, remaining: 300, windowMs: 30_000 }, 0, 1_000);
  let admitted = 0;
  for (let nowMs = 1_000; nowMs < 11_000; nowMs += 1) {
    const admission = admit(state, 0, nowMs, LIMIT);
    if (!admission.admitted) continue;
    state = admission.state;
    admitted += 1;
  }
  expect(admitted).toBeGreaterThanOrEqual(99);
  expect(admitted).toBeLessThanOrEqual(102);
});

test('of a rate and a budget the lower one holds, while the budget does', () => {
  const state = { ...start, ratePerSecond: 10, budgetPerSecond: 2, budgetUntilMs: 5_000 };
  const nextStartMs = (nowMs: number) => Object(admit(state, 0, nowMs, LIMIT)).state.nextStartMs - nowMs;
  expect(nextStartMs(4_000)).toBeGreaterThan(nextStartMs(5_000) + 300);
  const slower = { ...state, ratePerSecond: 1 };
  expect(Object(admit(slower, 0, 4_000, LIMIT)).state.nextStartMs - 4_000).toBeGreaterThan(nextStartMs(4_000) + 300);
});

test('the rate after a refusal is half of the one that was refused', () => {
  let state = start;
  for (let nowMs = 5_000; nowMs < 7_000; nowMs += 50) {
    const admission = admit(state, 0, nowMs, LIMIT);
    if (admission.admitted) state = admission.state;
  }
  expect(ended(state, refusal, 6_950, 7_000)).toMatchObject({ refusedPerSecond: 20, ratePerSecond: 10 });
});

describe('with a registry that refuses above a rate (virtual time)', () => {
  // 50 ms a request; refusals come with no Retry-After, the hardest case.
  test.each([20, 100, 500])(
    '%i requests per second: over half of them are used, under three in a hundred are refused',
    (allowedPerSecond) => {
      const { served, refused, seconds } = simulate(allowedPerSecond, 300);
      expect(served / seconds).toBeGreaterThan(allowedPerSecond * 0.5);
      expect(refused / (served + refused)).toBeLessThan(0.03);
    },
  );
});

test('whatever happens, the state stays finite and the places within their bounds', () => {
  const outcome = fc.record(
    {
      kind: fc.constantFrom('answered', 'throttled', 'failed'),
      retryAfterMs: fc.nat(1e9),
      remaining: fc.nat(1e6),
      windowMs: fc.nat(1e9),
    },
    { requiredKeys: ['kind'] },
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(outcome, fc.nat(5_000))), (events) => {
      let state = start;
      let nowMs = 0;
      for (const [event, elapsedMs] of events) {
        nowMs += elapsedMs;
        const admission = admit(state, 0, nowMs, LIMIT);
        if (admission.admitted) state = admission.state;
        state = ended(state, event, nowMs - Math.min(elapsedMs, 100), nowMs);
        expect(state.places).toBeGreaterThanOrEqual(1);
        expect(state.places).toBeLessThanOrEqual(64);
        expect(Object.values(state).every(Number.isFinite)).toBe(true);
        expect(state.pausedUntilMs).toBeLessThanOrEqual(nowMs + LONGEST_PAUSE_MS);
      }
    }),
  );
});

/** A client that always has work, and a registry with a bucket of one second; steps of 1 ms. */
function simulate(allowedPerSecond: number, seconds: number): { served: number; refused: number; seconds: number } {
  const underWay: { startedAtMs: number; endsAtMs: number; throttled: boolean }[] = [];
  let state = start;
  let tokens = allowedPerSecond;
  let served = 0;
  let refused = 0;
  for (let nowMs = 0; nowMs < seconds * 1_000; nowMs += 1) {
    tokens = Math.min(allowedPerSecond, tokens + allowedPerSecond / 1_000);
    while (underWay[0] && underWay[0].endsAtMs <= nowMs) {
      const { startedAtMs, throttled } = underWay[0];
      underWay.shift();
      state = ended(state, throttled ? refusal : ok, startedAtMs, nowMs);
    }
    for (let admission = admit(state, underWay.length, nowMs, LIMIT); admission.admitted; ) {
      state = admission.state;
      const throttled = tokens < 1;
      if (throttled) refused += 1;
      else {
        served += 1;
        tokens -= 1;
      }
      underWay.push({ startedAtMs: nowMs, endsAtMs: nowMs + 50, throttled });
      admission = admit(state, underWay.length, nowMs, LIMIT);
    }
  }
  return { served, refused, seconds };
}
