import { expect, test } from 'vitest';
import { progressFigure, savingsFigure } from '../../../src/html/figures.ts';

test('a negative progress says what it means', () => {
  expect(progressFigure(-3)).toMatchObject({ value: '-3.0 %', note: 'larger than at the start' });
  expect(progressFigure(0.5).note).toBeFalsy();
  expect(progressFigure(-3, 'reached by 0 of 2').note).toBe('reached by 0 of 2');
});

test('savings that are not known are no savings of 0', () => {
  expect([null, 0].map((bytes) => savingsFigure(bytes).value)).toEqual(['not known', '0 B']);
});
