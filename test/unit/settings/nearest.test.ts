import { expect, test } from 'vitest';
import { nearest } from '../../../src/settings/nearest.ts';

const KEYS = ['port', 'regions', 'requestTimeout', 'tags'];

test.each([
  ['regions', 'regions'],
  ['REGIONS', 'regions'],
  ['requesttimeout', 'requestTimeout'],
  ['region', 'regions'],
  ['rregions', 'regions'],
  ['regoins', 'regions'],
  ['timeout', undefined],
  ['requestTim', undefined],
  ['equestTimeo', 'requestTimeout'],
  ['pxyt', 'port'],
  ['pxyz', undefined],
  ['gats', 'tags'],
  ['tagss', 'tags'],
  ['', undefined],
])('nearest to %j is %j: at most three letters differ, and no more than half of them', (typed, expected) => {
  expect(nearest(typed, KEYS)).toBe(expected);
});

test('of several, the one with the fewest changes is nearest', () => {
  expect(nearest('inclde', ['exclude', 'include'])).toBe('include');
  expect(nearest('ab', ['xaxb', 'axb'])).toBe('axb');
  expect(nearest('any', [])).toBeUndefined();
});
