import { expect, test } from 'vitest';
import { cut, widthOf, wrapped } from '../../../src/report/text-width.ts';

test.each([
  ['abcdef', 4, 'abc…'],
  ['abcd', 4, 'abcd'],
  ['日本語', 4, '日…'],
])('%s cut to %i is %s', (text, width, expected) => {
  expect(cut(text, width)).toBe(expected);
  expect(widthOf(cut(text, width))).toBeLessThanOrEqual(width);
});

test.each([
  ['one two three', 7, ['one two', 'three']],
  ['one two', 7, ['one two']],
  ['see registry.example.com/team now', 5, ['see', 'registry.example.com/team', 'now']],
  ['日本 語', 4, ['日本', '語']],
  ['', 4, ['']],
])('"%s" in lines of %i', (text, width, expected) => {
  expect(wrapped(text, width)).toEqual(expected);
});
