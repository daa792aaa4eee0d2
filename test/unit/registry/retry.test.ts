import { expect, test } from 'vitest';
import { RegistryUnavailableError } from '../../../src/errors.ts';
import { RetryBudget } from '../../../src/registry/retry.ts';

const failure = new RegistryUnavailableError('down');

test('the wait doubles each time, until the failure is thrown', () => {
  const budget = new RetryBudget(() => 1);
  const delays = [1, 2, 3].map(() => budget.delayAfterFailure(failure));
  expect(delays).toEqual([500, 1_000, 2_000]);
  expect(() => budget.delayAfterFailure(failure)).toThrow(failure);
});

test('the wait is a random part of the maximum', () => {
  expect(new RetryBudget(() => 0.25).delayAfterFailure(failure)).toBe(125);
});

test('refusals do not use up the attempts, but the eleventh postpones the task', () => {
  const budget = new RetryBudget(() => 1);
  for (let refusals = 0; refusals < 10; refusals += 1) budget.countRefusal('it', 1_000);
  expect(budget.delayAfterFailure(failure)).toBe(500);
  const refuse = (): void => budget.countRefusal('it', 1_000);
  expect(refuse).toThrow(expect.objectContaining({ code: 'rate-limited', retry: { kind: 'after', delayMs: 1_000 } }));
});

test.each([
  [60_001, 60_001],
  [3_600_000, 3_600_000],
  [1e15, 3_600_000],
])('a Retry-After of %i ms postpones the task, for an hour at most', (retryAfterMs, delayMs) => {
  const refuse = (): void => new RetryBudget(() => 1).countRefusal('it', retryAfterMs);
  expect(refuse).toThrow(expect.objectContaining({ code: 'rate-limited', retry: { kind: 'after', delayMs } }));
});

test('a Retry-After of a minute is waited for', () => {
  const budget = new RetryBudget(() => 1);
  expect(() => budget.countRefusal('it', 60_000)).not.toThrow();
});

test('refusals that name no time postpone the task for a minute', () => {
  const budget = new RetryBudget(() => 1);
  for (let refusals = 0; refusals < 10; refusals += 1) budget.countRefusal('it', undefined);
  const refuse = (): void => budget.countRefusal('it', undefined);
  expect(refuse).toThrow(expect.objectContaining({ retry: { kind: 'after', delayMs: 60_000 } }));
});
