import { expect, test } from 'vitest';
import { cellText, moment, share, supportUntil } from '../../../src/html/format.ts';
import type { Cell, ColumnType } from '../../../src/report/report.ts';

test.each([
  [1, 4, '25 %'],
  [2, 3, '67 %'],
  [0.5, 1, '50 %'],
  [3, 2, '100 %'],
  [-1, 2, '0 %'],
  [0, 0, '0 %'],
  [1, 0, '0 %'],
])('the share of %d in %d is %s', (part, whole, shown) => {
  expect(share(part, whole)).toBe(shown);
});

test('a moment is told to the minute', () => {
  expect(moment('2026-11-23T02:00:59Z')).toBe('2026-11-23 02:00 UTC');
});

test('a release is supported up to its last day; later its support has ended', () => {
  expect(supportUntil('2026-04-01', '2026-04-01')).toBe('supported until 2026-04-01');
  expect(supportUntil('2026-04-01', '2026-04-02')).toBe('support ended 2026-04-01');
});

test.each<[string, ColumnType, Cell, string]>([
  ['sources', 'list', 'edge;prod', 'edge, prod'],
  ['created_at', 'timestamp', '2026-11-23T02:00:59Z', '2026-11-23 02:00'],
  ['images', 'integer', 12_345, '12,345'],
  ['audit_id', 'integer', 12_345, '12345'],
  ['bytes', 'bytes', 12_000_000, '12.0 MB'],
  ['bytes', 'bytes', null, ''],
])('a cell of %s, a %s, is shown as people write it', (name, type, cell, shown) => {
  expect(cellText({ name, type, description: '' }, cell)).toBe(shown);
});
