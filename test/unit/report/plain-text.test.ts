import { expect, test } from 'vitest';
import { printable } from '../../../src/common/printable.ts';
import { humanBytes } from '../../../src/measure/human-bytes.ts';
import { cut, widthOf } from '../../../src/report/text-width.ts';

test.each([
  ['\u001b[31mred', '[31mred'],
  ['a\tb\r\nc', 'a b c'],
  ['\u202eexe.txt', 'exe.txt'],
  ['zero\u200bwidth\ufeff', 'zerowidth'],
  ['half \ud800', 'half \ufffd'],
  ['naïve 日本 👩‍👩‍👧', 'naïve 日本 👩‍👩‍👧'],
])('%j prints as %j', (text, expected) => {
  expect(printable(text)).toBe(expected);
});

test.each([
  ['abcdef', 4, 'abc…'],
  ['abcd', 4, 'abcd'],
  ['日本語', 4, '日…'],
])('%s cut to %i is %s', (text, width, expected) => {
  expect(cut(text, width)).toBe(expected);
  expect(widthOf(cut(text, width))).toBeLessThanOrEqual(width);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [99_950, '100 kB'],
  [-212_000_000, '-212 MB'],
  [1.5e18, '1500 PB'],
])('%i bytes are %s', (bytes, expected) => {
  expect(humanBytes(bytes)).toBe(expected);
});
