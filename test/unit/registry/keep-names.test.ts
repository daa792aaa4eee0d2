import { expect, test } from 'vitest';
import { parseTag } from '../../../src/oci/reference.ts';
import { nameKeeper } from '../../../src/registry/keep-names.ts';

function keeper() {
  const invalid: string[] = [];
  return { invalid, keep: nameKeeper('its tags', parseTag, { onInvalid: (name) => invalid.push(name) }) };
}

test('a list may have a hundred thousand names that are none: more would fill the memory with errors', () => {
  const { invalid, keep } = keeper();
  const page = Array.from({ length: 1_000 }, (_, at) => `-${at}`);
  for (let pages = 0; pages < 100; pages++) expect(keep(['v1', ...page])).toEqual(['v1']);
  expect(invalid).toHaveLength(100_000);
  expect(() => keep(['v2', '-'])).toThrow('its tags: more than 100000 names that break the grammar of names');
});

test('a name that is none and very long is told by its beginning', () => {
  const { invalid, keep } = keeper();
  expect(keep(['x'.repeat(300), 'x'.repeat(1_000_000)])).toEqual([]);
  expect(invalid).toEqual(['x'.repeat(300), `${'x'.repeat(300)}…`]);
});
