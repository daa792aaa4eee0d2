import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGoal } from '../../../src/policy/goal.ts';

test('a goal of any percentage up to 100 is a reduction by a ratio up to 1', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), (tenths) => {
      expect(parseGoal(`${tenths / 10}%`)).toEqual({ kind: 'reduction', ratio: expect.closeTo(tenths / 1_000, 12) });
    }),
  );
});

test('a goal that is no percentage is a size', () => {
  expect(parseGoal('120MB')).toEqual({ kind: 'size', bytes: 120_000_000 });
});

test.each<readonly [string, string]>([
  ['101%', 'expected at most 100%'],
  ['0%', 'every image meets it already'],
  ...['small', '90', '-5%', '%', 'ninety%'].map((text) => [text, 'expected for example 90% or 120MB'] as const),
])('refuses the goal "%s"', (text, rule) => {
  expect(() => parseGoal(text)).toThrow(`"${text}" is not a goal: ${rule}`);
});
