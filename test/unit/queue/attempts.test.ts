import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ContentMismatchError, NotFoundError, RateLimitedError, StoreUnavailableError } from '../../../src/errors.ts';
import { backoffMs, DEFAULT_ATTEMPTS, decideAfterFailure } from '../../../src/queue/attempts.ts';

const attempts = 5;
const unit = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('a task that failed', () => {
  test.each([
    ['a permanent failure', new NotFoundError('gone'), 1, 'give-up'],
    ['a temporary failure, first time', new StoreUnavailableError('away'), 1, 'retry'],
    ['a temporary failure, last but one time', new ContentMismatchError('differs'), attempts - 1, 'retry'],
    ['a temporary failure, last time', new ContentMismatchError('differs'), attempts, 'give-up'],
    ['a rate limit, however often', new RateLimitedError('slow down', 10), 1_000, 'retry'],
    ['an unexpected error', new TypeError('x is undefined'), 1, 'bug'],
    ['a thrown value that is no error', 'a string', 1, 'bug'],
  ])('%s', (_, error, failures, kind) => {
    expect(decideAfterFailure(error, failures, DEFAULT_ATTEMPTS, () => 0.5).kind).toBe(kind);
  });

  test('a rate limit is waited out in full, with little extra, and costs no attempt', () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 10_000_000 }), unit, (delayMs, random) => {
        const verdict = decideAfterFailure(
          new RateLimitedError('slow down', delayMs),
          1,
          DEFAULT_ATTEMPTS,
          () => random,
        );
        expect(verdict).toMatchObject({ kind: 'retry', counted: false });
        if (verdict.kind !== 'retry') return;
        expect(verdict.delayMs).toBeGreaterThanOrEqual(Math.max(0, delayMs));
        expect(verdict.delayMs).toBeLessThanOrEqual(Math.max(0, delayMs) * 1.1 + 1);
      }),
    );
  });

  test('rate limits of tasks that end at the same moment are waited out by up to a tenth longer', () => {
    const delays = [0, 0.5, 1].map((random) =>
      decideAfterFailure(new RateLimitedError('slow down', 10_000), 1, DEFAULT_ATTEMPTS, () => random),
    );
    expect(delays).toMatchObject([{ delayMs: 10_000 }, { delayMs: 10_500 }, { delayMs: 11_000 }]);
  });

  test('delays are whole milliseconds', () => {
    expect(backoffMs(1, { firstDelayMs: 5 }, () => 0)).toBe(3);
  });

  test('delays double, and are a random half to all of that', () => {
    const delays = (random: number) =>
      [1, 2, 3, 4].map((failures) => backoffMs(failures, DEFAULT_ATTEMPTS, () => random));
    expect(delays(1)).toEqual([5_000, 10_000, 20_000, 40_000]);
    expect(delays(0)).toEqual([2_500, 5_000, 10_000, 20_000]);
  });
});
