import { groupBy } from '../../common/group-by.ts';
import type { Database } from '../../database/database.ts';
import type { ReportKind } from '../../report/kinds/kind.ts';
import { comparableTrends, type TrendOf } from '../../report/kinds/trends.ts';
import type { CellsByName } from '../../report/report.ts';
import { readRows, recordsOf } from '../../report/report-page.ts';
import { byBytes } from '../../store/sql/by-bytes.ts';
import type { SizesAt, Trend } from '../charts/trend.ts';

/** Nearly three years of nightly audits: more points than a line on a screen can show. */
const MOST_POINTS = 1_000;
/** More lines would be more than people compare. */
const MOST_LINES = 4;

/**
 * Reads the sizes of something over time: a trend for each of the sources that store most of it now, largest first. Each
 * has its own newest points, however many other sources there are.
 */
export async function readTrends(db: Database, of: TrendOf, now: Date): Promise<readonly Trend[]> {
  const page = await readRows(db, largestTrends(of), { now, limit: MOST_LINES * MOST_POINTS });
  return [...groupBy(recordsOf(page), ({ source }) => String(source))].map(([title, points]) => ({
    title,
    points: points.map(pointOf),
  }));
}

/** The rows of {@link readTrends}, line by line, oldest first. Of base images only logical sizes are stored. */
function largestTrends(of: TrendOf): ReportKind {
  const kind = comparableTrends(of);
  return {
    ...kind,
    query: (scope) => `
      select * from (
        select p.*, dense_rank() over (order by p.newest_bytes desc, ${byBytes('p.source')}) as line
        from (
          select t.*, first_value(coalesce(t.stored_bytes, t.logical_bytes)) over w as newest_bytes, row_number() over w as point
          from (${kind.query(scope)}) t window w as (partition by t.source order by t.audit_id desc)) p
        where p.point <= ${MOST_POINTS}) l
      where l.line <= ${MOST_LINES}`,
    order: 'line, audit_id',
  };
}

function pointOf(row: CellsByName): SizesAt {
  return {
    at: String(row.finished_at),
    storedBytes: row.stored_bytes === null ? null : Number(row.stored_bytes),
    logicalBytes: Number(row.logical_bytes),
  };
}
