import { comparableTrends, type TrendOf } from '../../report/kinds/trends.ts';
import { readRows, recordsOf } from '../../report/report-page.ts';
import type { Database } from '../../store/database.ts';
import type { SizesAt, Trend } from '../charts/trend.ts';

/** Nearly three years of nightly audits: more points than a line on a screen can show. */
const MOST_POINTS = 1_000;
/** More lines would be more than people compare. */
const MOST_LINES = 4;

/** Reads the sizes of something over time, one trend for each source. */
export async function readTrends(db: Database, of: TrendOf, now: Date): Promise<readonly Trend[]> {
  const page = await readRows(db, comparableTrends(of), { now, limit: MOST_POINTS });
  const lines = new Map<string, SizesAt[]>();
  for (const row of recordsOf(page).reverse()) {
    const title = String(row.source);
    const point = {
      at: String(row.finished_at),
      storedBytes: row.stored_bytes === null ? null : Number(row.stored_bytes),
      logicalBytes: Number(row.logical_bytes),
    };
    lines.set(title, [...(lines.get(title) ?? []), point]);
  }
  return [...lines].slice(0, MOST_LINES).map(([title, points]) => ({ title, points }));
}
