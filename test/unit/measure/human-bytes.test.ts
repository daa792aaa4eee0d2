import { expect, test } from 'vitest';
import { humanBytes, signedBytes } from '../../../src/measure/human-bytes.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [72_271_924, '72.3 MB'],
  [99_949_999, '99.9 MB'],
  [99_950_000, '100 MB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [-289_729_357, '-290 MB'],
  [1_500_000_000_000, '1.5 TB'],
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
