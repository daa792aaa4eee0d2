import { expect, onTestFinished, test, vi } from 'vitest';
import { parseSince } from '../../../src/report/since.ts';

const now = new Date('2026-11-23T12:00:00Z');

test.each([
  ['2026-11-01', '2026-11-01T00:00:00.000Z'],
  ['2026-11-01T02:00:00+01:00', '2026-11-01T01:00:00.000Z'],
  ['2026-11-01 02:00:00.25+01', '2026-11-01T01:00:00.250Z'],
  ['36h', '2026-11-22T00:00:00.000Z'],
  ['1w', '2026-11-16T12:00:00.000Z'],
  ['0001-01-01', '0001-01-01T00:00:00.000Z'],
])('since %s is %s', (text, expected) => {
  expect(parseSince(text, now)).toBe(expected);
});

test.each(['2026-11-01T02:00', '2026-11-01T02:00:00', '2026-11-01 02:00:00', '2026-11-01T02:00Z'])(
  'since %s is a time in UTC, wherever it is asked for',
  (text) => {
    vi.stubEnv('TZ', 'America/New_York');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(parseSince(text, now)).toBe('2026-11-01T02:00:00.000Z');
  },
);

test.each(['0000-01-01', '3000y', '160000w', '9999999999w', '9999-12-31T23:00:00-05:00'])(
  'since "%s" is a time that no database knows',
  (text) => {
    expect(() => parseSince(text, now)).toThrow(/is no/);
  },
);

test.each([
  'yesterday',
  '1 November 2026',
  '2026-13-45',
  '2026-02-30',
  '2026-04-31T02:00:00Z',
  '2026-11-01(noon)',
  '5 parsecs',
  '',
])('since "%s" is no time', (text) => {
  expect(() => parseSince(text, now)).toThrow(/is no/);
});
