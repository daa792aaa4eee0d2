import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { compileGlobs } from '../../../src/common/glob.ts';
import { type FilterTargets, filterCondition, type ReportFilters } from '../../../src/report/filters.ts';
import { globRegex } from '../../../src/report/glob-regex.ts';
import { sinceTime } from '../../../src/report/since.ts';

const now = new Date('2026-11-23T12:00:00Z');

describe('a glob as a regular expression', () => {
  const piece = fc.constantFrom(...'ab.+$,*?/', '**', '{a,b}', '{a/**,b}', '{,**/a}', 'a/');
  const glob = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  const name = fc.array(fc.constantFrom(...'ab.+$,/'), { maxLength: 6 }).map((pieces) => pieces.join(''));

  test('matches what the glob matches', () => {
    fc.assert(
      fc.property(glob, name, (pattern, text) => {
        expect([pattern, text, new RegExp(globRegex(pattern)).test(`/${text}`)]).toEqual([
          pattern,
          text,
          compileGlobs([pattern])(text),
        ]);
      }),
      { numRuns: 2000 },
    );
  });

  test('refuses an invalid glob', () => {
    expect(() => globRegex('a(b')).toThrow('is not a pattern');
  });

  test.each([
    ['stars', '{a,b}'.repeat(8) + '*a'.repeat(230)],
    ['any number of parts', '{a,b}'.repeat(8) + '**/'.repeat(150)],
  ])('refuses braces that repeat %s: Postgres would take a minute to compile it', (_, glob) => {
    const filtered = () =>
      filterCondition('images', { base: `a;${glob}` }, { base: 'base_image' }, now, { add: () => '$1' });
    for (const run of [() => globRegex(glob), filtered]) expect(run).toThrow('too long when its braces are expanded');
  });

  test('has one star for several', () => {
    expect(globRegex(`a${'*'.repeat(500)}`)).toBe(globRegex('a*'));
  });
});

describe('filters as a condition of SQL', () => {
  const conditionOf = (filters: ReportFilters, targets: FilterTargets) => {
    const values: unknown[] = [];
    const condition = filterCondition('images', filters, targets, now, { add: (value) => `$${values.push(value)}` });
    return { condition, values };
  };

  test('are joined, each with a parameter of its own, and are true when there are none', () => {
    const targets = { source: 'source.name', team: 'team.name', minSize: 'bytes' };
    expect(conditionOf({ team: 'shop', minSize: '1kB' }, targets)).toEqual({
      condition: '$1 = team.name and bytes >= $2::int8',
      values: ['shop', 1_000],
    });
    expect(conditionOf({}, targets)).toEqual({ condition: 'true', values: [] });
  });

  test('that a kind does not have are refused with those that it has', () => {
    expect(() => conditionOf({ tag: 'v1' }, { source: 's', minSize: 'b' })).toThrow(
      'report images cannot be limited by --tag: it takes --source, --min-size',
    );
    expect(() => conditionOf({ tag: 'v1' }, {})).toThrow('it takes no filter');
  });

  test.each([
    [{ minSize: '3x' }, '--min-size: "3x" is not a size: expected'],
    [{ since: '3x' }, '--since: "3x" is not a duration: expected'],
    [{ since: 'noon' }, '--since: "noon" is not a time: expected'],
    [{ repository: '[' }, '--repository: "[" is not a pattern: expected'],
  ])('that cannot be read are refused by the flag and its value: %o', (filters, message) => {
    const targets = { minSize: 'b', since: 's', repository: 'r' };
    expect(() => conditionOf(filters, targets)).toThrow(message);
  });

  test.each([
    ['node:20-*', 'library/node:20-slim;library/node:20.20-slim', true],
    ['node:20-*', 'library/python:3;library/node:20-slim', true],
    ['node:20', 'library/node:20-slim', false],
    ['ode:20-slim', 'library/node:20-slim', false],
    ['/library/node:20-slim', 'library/node:20-slim', true],
    ['/library/node:20-slim', 'library/node:20-slim;library/node:20.20-slim', false],
    ['/node:20-slim', 'library/node:20-slim', false],
  ])('base %j and the base %j: %s', (base, names, expected) => {
    const [pattern] = conditionOf({ base }, { base: 'base_image' }).values;
    expect(new RegExp(String(pattern), 'i').test(`/${names.replaceAll(';', ';/')}`)).toBe(expected);
  });
});

test.each([
  ['2026-11-01', '2026-11-01T00:00:00.000Z'],
  ['2026-11-01T02:00:00+01:00', '2026-11-01T01:00:00.000Z'],
  ['2026-11-01 02:00:00.25+01', '2026-11-01T01:00:00.250Z'],
  ['36h', '2026-11-22T00:00:00.000Z'],
  ['1w', '2026-11-16T12:00:00.000Z'],
  ['0001-01-01', '0001-01-01T00:00:00.000Z'],
])('since %s is %s', (text, expected) => {
  expect(sinceTime(text, now)).toBe(expected);
});

test.each(['2026-11-01T02:00', '2026-11-01T02:00:00', '2026-11-01 02:00:00', '2026-11-01T02:00Z'])(
  'since %s is a time in UTC, wherever it is asked for',
  (text) => {
    vi.stubEnv('TZ', 'America/New_York');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(sinceTime(text, now)).toBe('2026-11-01T02:00:00.000Z');
  },
);

test.each(['0000-01-01', '3000y', '160000w', '9999999999w', '9999-12-31T23:00:00-05:00'])(
  'since "%s" is a time that no database knows',
  (text) => {
    expect(() => sinceTime(text, now)).toThrow(/is no/);
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
  expect(() => sinceTime(text, now)).toThrow(/is no/);
});
