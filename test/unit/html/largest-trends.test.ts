import { expect, test } from 'vitest';
import { largestTrends } from '../../../src/html/overview/read-trends.ts';

const row = (source: string, day: number, bytes: number) => ({
  source,
  finished_at: `2026-11-0${day}T00:00:00Z`,
  stored_bytes: bytes,
  logical_bytes: bytes * 2,
});

test('of many sources, those that store most now have a trend, largest first', () => {
  const rows = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((source, place) => [
    row(source, 1, 1_000 - place),
    row(source, 2, 100 + place),
  ]);
  const trends = largestTrends(rows);
  expect(trends.map(({ title }) => title)).toEqual(['f', 'e', 'd', 'c']);
  expect(trends[0]?.points).toEqual([
    { at: '2026-11-01T00:00:00Z', storedBytes: 995, logicalBytes: 1_990 },
    { at: '2026-11-02T00:00:00Z', storedBytes: 105, logicalBytes: 210 },
  ]);
});
