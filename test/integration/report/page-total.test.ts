import { expect, test } from 'vitest';
import type { ReportKind } from '../../../src/report/kinds/kind.ts';
import { readPage } from '../../../src/report/report-page.ts';
import { kindPage } from '../../../src/serve/pages/kind-page.ts';
import { dashboardOver } from '../../support/dashboard.ts';
import { PGLITE, useDatabase } from '../../support/databases.ts';

const db = useDatabase(PGLITE.open);

/** A report of the numbers from 1 on. */
function numbersTo(last: number): ReportKind {
  return {
    name: 'numbers',
    description: 'Numbers.',
    columns: [{ name: 'number', type: 'integer', description: 'The number.' }],
    filters: {},
    query: () => `select n as number from generate_series(1, ${last}) n`,
  };
}

test.each([
  ['a full page of few rows', { last: 100, offset: 0 }, { total: 100, isMore: false }, false],
  ['the last page of few rows', { last: 120, offset: 100 }, { total: 120, isMore: false }, false],
  ['ten thousand rows', { last: 10_000, offset: 0 }, { total: 10_000, isMore: false }, true],
  ['more rows, of which ten thousand are counted', { last: 10_001, offset: 0 }, { total: 10_000, isMore: true }, true],
  ['a page beyond those', { last: 10_500, offset: 10_200 }, { total: 10_300, isMore: true }, true],
  ['the last page beyond those', { last: 10_250, offset: 10_200 }, { total: 10_250, isMore: false }, false],
  ['a page behind the last one', { last: 120, offset: 200 }, { total: 120, isMore: false }, false],
])('the total of %s, and whether it leads to a next one', async (_, { last, offset }, expected, hasNext) => {
  const kind = numbersTo(last);
  expect(await readPage(db, kind, { offset, limit: 100, now: new Date() })).toMatchObject(expected);
  const shown = await kindPage(await dashboardOver(db), kind, new URL(`http://localhost/numbers?offset=${offset}`));
  expect(String(shown.body).includes('rel="next"')).toBe(hasNext);
});
