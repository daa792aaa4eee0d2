import { expect, test } from 'vitest';
import { cellText, supportUntil } from '../../../src/html/format.ts';

test('a release is supported up to its last day; later its support has ended', () => {
  expect(supportUntil('2026-04-01', '2026-04-01')).toBe('supported until 2026-04-01');
  expect(supportUntil('2026-04-01', '2026-04-02')).toBe('support ended 2026-04-01');
});

test('the items of a list are separated as in sentences', () => {
  expect(cellText({ name: 'sources', type: 'list', description: '' }, 'edge;prod')).toBe('edge, prod');
});
