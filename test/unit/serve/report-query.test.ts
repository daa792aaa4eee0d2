import { describe, expect, test } from 'vitest';
import { KINDS } from '../../../src/report/kinds/kinds.ts';
import { parseLeaderboardQuery } from '../../../src/serve/leaderboard-query.ts';
import { filterParametersOf, MAX_VALUE_LENGTH, parseReportQuery } from '../../../src/serve/report-query.ts';

describe('the query of a report', () => {
  const parse = (text: string) => {
    const { nameOf: _, ...query } = parseReportQuery(new URLSearchParams(text));
    return query;
  };

  test('is of all rows unless it says otherwise; what is left empty is not given', () => {
    const nothing = {
      filters: {},
      search: undefined,
      sort: undefined,
      audit: undefined,
      limit: undefined,
      offset: 0,
      format: undefined,
    };
    expect(parse('')).toEqual(nothing);
    expect(parse('team=&q=+&sort=&audit=&limit=&offset=&format=')).toEqual(nothing);
  });

  test('is read without the blanks around values', () => {
    expect(parse('team=+shop+&min_size=1MB&q=+node+&sort=-bytes+&audit=+7&limit=1&offset=2&format=csv')).toEqual({
      filters: { team: 'shop', minSize: '1MB' },
      search: 'node',
      sort: '-bytes',
      audit: 7,
      limit: 1,
      offset: 2,
      format: 'csv',
    });
  });

  test.each(['limit=0', 'limit=-1', 'limit=1.5', 'limit=1e3', 'offset=-1', 'audit=x', `limit=${'9'.repeat(13)}`])(
    '%s is refused by its name',
    (text) => {
      expect(() => parse(text)).toThrow(`${text.split('=')[0]}: expected a whole number`);
    },
  );

  test('may have values as long as the names of most base images, and no unknown parameters', () => {
    expect(parse(`base=${'x'.repeat(MAX_VALUE_LENGTH)}`).filters?.base).toHaveLength(1_000);
    expect(() => parse(`base=${'x'.repeat(MAX_VALUE_LENGTH + 1)}`)).toThrow('base is longer than 1000 characters');
    expect(() => parse(`${'n'.repeat(99)}=1`)).toThrow(`unknown parameter "${'n'.repeat(40)}": expected source,`);
  });

  test('takes the filters of its kind', () => {
    expect(filterParametersOf(KINDS.audits)).toEqual(['source', 'since', 'min_size']);
    expect(filterParametersOf(KINDS.images)).toContain('min_size');
  });
});

describe('the query of a leaderboard', () => {
  const NOW = new Date('2026-11-24T02:00:00Z');
  const parse = (text: string) => parseLeaderboardQuery(new URLSearchParams(text), NOW);

  test('ranks teams by stored bytes unless it says otherwise', () => {
    for (const text of ['', 'by=&metric=&since='])
      expect(parse(text)).toMatchObject({ by: 'team', metric: 'stored', since: '' });
    expect([...parse('').others]).toEqual([]);
  });

  test('leaves the parameters of any report to that', () => {
    const { by, metric, since, others } = parse('by=+repository+&metric=own&since=+30d&team=shop&limit=5');
    expect({ by, metric, since }).toEqual({ by: 'repository', metric: 'own', since: '30d' });
    expect([...others]).toEqual([
      ['team', 'shop'],
      ['limit', '5'],
    ]);
  });

  test.each([
    ['by=colour', 'by: expected team, repository, base, distro, runtime, not "colour"'],
    [`metric=${'x'.repeat(99)}`, `not "${'x'.repeat(40)}"`],
    ['since=soon', 'since: "soon" is not a time'],
  ])('%s is refused', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
