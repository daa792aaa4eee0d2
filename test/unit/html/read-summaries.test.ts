import { expect, test } from 'vitest';
import type { Queryable } from '../../../src/database/database.ts';
import { readSummaries } from '../../../src/html/overview/read-summaries.ts';
import type { BigLayer, BigStep, RuleCount, SourceSummary } from '../../../src/store/totals/summary-store.ts';

/** The summaries of several sources, merged. */
function merged(...sources: readonly Partial<SourceSummary>[]) {
  const rows = sources.map((lists) => ({ lists: { sizes: [], rules: [], layers: [], steps: [], ...lists } }));
  return readSummaries({ query: async () => rows } as unknown as Queryable);
}
const rule = (name: string, images: number, maxBytes: number | null = null, severity = 'warn'): RuleCount => ({
  rule: name,
  severity,
  images,
  maxBytes,
});
const layer = (digest: string, bytes: number) => ({ digest, bytes, images: 2, repositories: 1 }) as BigLayer;
const step = (repository: string, gainBytes: number) => ({ repository, gainBytes }) as BigStep;

test('the sizes of images are added up, and sizes without images are there, too', async () => {
  const { sizes } = await merged(
    { sizes: [{ fromBytes: 0, images: 2 }] },
    {
      sizes: [
        { fromBytes: 0, images: 3 },
        { fromBytes: 5e9, images: 1 },
      ],
    },
  );
  expect(sizes.filter(({ images }) => images > 0)).toEqual([
    { fromBytes: 0, toBytes: 10e6, images: 5 },
    { fromBytes: 5e9, toBytes: null, images: 1 },
  ]);
  expect(sizes).toHaveLength(10);
});

test('rules are added up where they have the same severity: errors first, then by number of images', async () => {
  const east = [rule('a', 1), rule('b', 1, 10), rule('c', 5), rule('z', 1, null, 'error')];
  const west = [rule('a', 1), rule('b', 2), rule('a', 1, null, 'info')];
  expect((await merged({ rules: east }, { rules: west })).rules).toEqual([
    rule('z', 1, null, 'error'),
    rule('c', 5),
    rule('b', 3, 10),
    rule('a', 2),
    rule('a', 1, null, 'info'),
  ]);
  expect((await merged({ rules: [rule('b', 1), rule('a', 1)] })).rules.map((found) => found.rule)).toEqual(['a', 'b']);
});

test('layers of several sources are one, and the biggest come first', async () => {
  const { layers } = await merged(
    { layers: [layer('a', 1), layer('b', 2)] },
    { layers: [layer('c', 3), layer('a', 1)] },
  );
  expect(layers).toEqual([layer('c', 3), layer('b', 2), { ...layer('a', 1), images: 4, repositories: 2 }]);
});

test('the steps that save most come first; the lists are no longer than those of one source', async () => {
  const numbers = Array.from({ length: 10 }, (_, at) => at);
  const lists = (source: string, offset: number) => ({
    steps: numbers.map((at) => step(`${source}${at}`, 2 * at + offset)),
    layers: numbers.map((at) => layer(`${source}${at}`, 2 * at + offset)),
  });
  const { steps, layers } = await merged(lists('east', 0), lists('west', 1));
  const largest = Array.from({ length: 15 }, (_, at) => 19 - at);
  expect(steps.map(({ gainBytes }) => gainBytes)).toEqual(largest);
  expect(layers.map(({ bytes }) => bytes)).toEqual(largest);
});
