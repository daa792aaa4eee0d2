import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csv } from '../../../src/report/formats/csv.ts';
import { ndjson } from '../../../src/report/formats/json.ts';
import { type PackedRows, packRows, rowSql, runsOf, sharedSql, streamLines } from '../../../src/report/packed-rows.ts';
import type { Cells, Column, Format, Report } from '../../../src/report/report.ts';
import { unpackRows } from '../../../src/report/row-reader.ts';
import { BACKENDS, useDatabase } from '../../support/databases.ts';
import { packed } from '../../support/packed-report.ts';

const columns: readonly Column[] = [
  { name: 'first', type: 'text', description: 'Text.' },
  { name: 'bytes', type: 'bytes', description: 'A size, or a change of one.' },
  { name: 'at', type: 'timestamp', description: 'A time.' },
  { name: 'day', type: 'date', description: 'A day.' },
  { name: 'digest', type: 'digest', description: 'A digest.' },
  { name: 'root', type: 'boolean', description: 'A truth.' },
  { name: 'score', type: 'number', description: 'A number with a scale.' },
  { name: 'last', type: 'text', description: 'Text again.' },
];

/** What separates and marks cells on their way, what CSV quotes, and what spreadsheets run. */
const texts = fc.array(
  fc.option(
    fc.oneof(
      fc.string({
        unit: fc.constantFrom('a', ' ', ',', '"', '=', '-', '\n', '\r', '\u0001', '\u0002', '\u001e', '\u007f', 'é'),
      }),
      fc.constantFrom('web', 'library/node:20', '=1+1', '\u0002["x"]', '\uff1d1', '\u2028'),
    ),
  ),
  { minLength: 1, maxLength: 40 },
);

describe.each(BACKENDS)('packed rows from $name', ({ open }) => {
  const db = useDatabase(open);

  /** Rows that hold these texts, the last column in reverse, beside values of the other types. */
  function reportOf(given: readonly (string | null)[]): Report {
    const sql = `
      select t.first, (-7 * n) as bytes, case when n % 3 <> 0 then timestamptz '2026-11-23 02:00:00.75+00' + n * interval '1 hour' end as at, date '2026-11-23' + n::int as day,
        sha256('x') as digest, n > 1 as root, round(12.5 * n, 2) as score, ($1::text[])[array_length($1::text[], 1) + 1 - n] as last
      from unnest($1::text[]) with ordinality t (first, n) order by n`;
    return reportFrom(packRows(db, columns, sql, [given]));
  }

  /** The same, where all but the last column are shared by two rows each. */
  function sharedReportOf(given: readonly (string | null)[]): Report {
    const runs = runsOf(columns, ({ name }) => name !== 'last' && name !== 'at');
    const sql = `
      with content as (
        select n, t.first, (-7 * n) as bytes, date '2026-11-23' + n::int as day, sha256('x') as digest, n > 1 as root, round(12.5 * n, 2) as score
        from unnest($1::text[]) with ordinality t (first, n)),
      shared as (select n as key, ${sharedSql(runs)} as shared from content)
      select ${rowSql(runs, 'key', 'shared')} from (
        select key, shared, case when place = 1 then timestamptz '2026-11-23 02:00:00.75+00' end as at, last
        from shared cross join unnest($1::text[]) with ordinality l (last, place) where place <= 2 order by key, place) k`;
    return reportFrom({ runs, lines: streamLines(db, sql, [given]) });
  }

  function reportFrom(rows: PackedRows): Report {
    return { kind: 'test', columns, audit: null, rows };
  }

  test('arrive unchanged', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        const read: unknown[][] = [];
        for await (const batch of unpackRows(reportOf(given).rows)) read.push(...batch.map((cells) => [...cells]));
        expect(read.map(([first]) => first)).toEqual(given);
        expect(read.map((cells) => cells.at(-1))).toEqual([...given].reverse());
        expect(read[0]?.slice(1, 4)).toEqual([-7, '2026-11-23T03:00:00Z', '2026-11-24']);
      }),
      { numRuns: 25 },
    );
  });

  test('arrive unchanged when they share cells', async () => {
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        const read: unknown[][] = [];
        for await (const batch of unpackRows(sharedReportOf(given).rows))
          read.push(...batch.map((cells) => [...cells]));
        const lasts = given.slice(0, 2);
        expect(read.map(([first]) => first)).toEqual(given.flatMap((first) => lasts.map(() => first)));
        expect(read.map((cells) => cells.at(-1))).toEqual(given.flatMap(() => lasts));
        expect(read[0]?.slice(1, 4)).toEqual([-7, '2026-11-23T02:00:00Z', '2026-11-24']);
      }),
      { numRuns: 25 },
    );
  });

  test.each<[string, Format]>([
    ['csv', csv],
    ['ndjson', ndjson],
  ])('are written as %s alike, taken apart or not', async (_, format) => {
    const written = (report: Report) => text(format(report, {}));
    await fc.assert(
      fc.asyncProperty(texts, async (given) => {
        for (const open of [reportOf, sharedReportOf]) {
          const rows: Cells[] = [];
          for await (const batch of unpackRows(open(given).rows)) rows.push(...batch);
          expect(await written(open(given))).toBe(await written(reportFrom(packed(columns, rows))));
        }
      }),
      { numRuns: 25 },
    );
  });
});
