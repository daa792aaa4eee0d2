import { expect, test } from 'vitest';
import { humanBytes, humanRange, signedBytes, signedPercent } from '../../../src/measure/human-bytes.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [72_271_924, '72.3 MB'],
  [99_949_999, '99.9 MB'],
  [99_950, '100 kB'],
  [99_950_000, '100 MB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [-289_729_357, '-290 MB'],
  [1_500_000_000_000, '1.5 TB'],
  [1.5e18, '1500 PB'],
])('%d bytes are %s', (bytes, text) => {
  expect(humanBytes(bytes)).toBe(text);
});

test.each([
  [1_500_000, '+1.5 MB'],
  [-5, '-5 B'],
  [0, '0 B'],
])('a change of %d bytes is %s', (bytes, text) => {
  expect(signedBytes(bytes)).toBe(text);
});

test.each([
  [10, 100, '+10.0 %'],
  [-75, 100, '-75.0 %'],
  [0, 100, '0.0 %'],
  [5, 0, undefined],
])('a change of %d from %d bytes is %s', (changed, before, text) => {
  expect(signedPercent(changed, before)).toBe(text);
});

test.each([
  [{ min: 2_000_000, max: 13_000_000 }, '2.0 MB to 13.0 MB'],
  [{ min: 13_000_000, max: 13_000_000 }, '13.0 MB'],
  // A range of two ends that read the same is one number to people.
  [{ min: 13_000_001, max: 13_000_499 }, '13.0 MB'],
])('%j is %s', (range, text) => {
  expect(humanRange(range)).toBe(text);
});
