import { groupBy } from '../../common/group-by.ts';
import { comparableTrends, type TrendOf } from '../../report/kinds/trends.ts';
import type { CellsByName } from '../../report/report.ts';
import { readRows, recordsOf } from '../../report/report-page.ts';
import type { Database } from '../../store/database.ts';
import type { SizesAt, Trend } from '../charts/trend.ts';

/** Nearly three years of nightly audits: more points than a line on a screen can show. */
const MOST_POINTS = 1_000;
/** More lines would be more than people compare. */
const MOST_LINES = 4;

/** Reads the sizes of something over time, one trend for each of the sources that store most of it now. */
export async function readTrends(db: Database, of: TrendOf, now: Date): Promise<readonly Trend[]> {
  const page = await readRows(db, comparableTrends(of), { now, limit: MOST_POINTS });
  return largestTrends(recordsOf(page).reverse());
}

/**
 * Groups points by their source, and returns the trends of the sources whose last points store most, largest first.
 * @param rows rows of `report trends`, oldest first
 */
export function largestTrends(rows: readonly CellsByName[]): readonly Trend[] {
  const trends = [...groupBy(rows, ({ source }) => String(source))].map(([title, points]) => ({
    title,
    points: points.map(pointOf),
  }));
  const stored = ({ points }: Trend): number => points.at(-1)?.storedBytes ?? 0;
  return trends.sort((a, b) => stored(b) - stored(a)).slice(0, MOST_LINES);
}

function pointOf(row: CellsByName): SizesAt {
  return {
    at: String(row.finished_at),
    storedBytes: row.stored_bytes === null ? null : Number(row.stored_bytes),
    logicalBytes: Number(row.logical_bytes),
  };
}
