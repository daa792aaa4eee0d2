import { expect, test } from 'vitest';
import { cut, widthOf } from '../../../src/report/text-width.ts';

test.each([
  ['abcdef', 4, 'abc…'],
  ['abcd', 4, 'abcd'],
  ['日本語', 4, '日…'],
])('%s cut to %i is %s', (text, width, expected) => {
  expect(cut(text, width)).toBe(expected);
  expect(widthOf(cut(text, width))).toBeLessThanOrEqual(width);
});
