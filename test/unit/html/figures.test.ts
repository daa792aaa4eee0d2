import { expect, test } from 'vitest';
import { progressFigure } from '../../../src/html/figures.ts';
import { cellText, supportUntil } from '../../../src/html/format.ts';

test('a release is supported up to its last day; later its support has ended', () => {
  expect(supportUntil('2026-04-01', '2026-04-01')).toBe('supported until 2026-04-01');
  expect(supportUntil('2026-04-01', '2026-04-02')).toBe('support ended 2026-04-01');
});

test('the items of a list are separated as in sentences', () => {
  expect(cellText({ name: 'sources', type: 'list', description: '' }, 'edge;prod')).toBe('edge, prod');
});

test('a negative progress says what it means', () => {
  expect(progressFigure(-3)).toMatchObject({ value: '-3.0 %', note: 'larger than at the start' });
  expect(progressFigure(3).note).toBeFalsy();
  expect(progressFigure(-3, 'reached by 0 of 2').note).toBe('reached by 0 of 2');
});
