import { expect, test } from 'vitest';
import { CappedList } from '../../../src/deep/capped-list.ts';

test.each([
  ['items', new CappedList<string>(2)],
  ['text, as JSON escapes it', new CappedList<string>(100, JSON.stringify('\n\n').length * 2)],
])('a list is capped by its %s', (_, list) => {
  for (let count = 0; count < 5; count++) list.add('\n\n');
  expect(list.items).toEqual(['\n\n', '\n\n']);
});
