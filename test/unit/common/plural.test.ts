import { expect, test } from 'vitest';
import { counted } from '../../../src/common/plural.ts';

test.each([
  [0, 'tag', '0 tags'],
  [1, 'repository', '1 repository'],
  [2, 'repository', '2 repositories'],
])('%i of "%s" is "%s"', (count, one, text) => {
  expect(counted(count, one)).toBe(text);
});
