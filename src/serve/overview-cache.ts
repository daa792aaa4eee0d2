import { type Overview, type OverviewRequest, readOverview } from '../html/overview/read-overview.ts';
import type { Database } from '../store/database.ts';

export type OverviewReader = (request: OverviewRequest) => Promise<Overview>;

/**
 * Reads the overview once for as long as it holds. Of 100,000 images the embedded database adds it up in half a minute,
 * and it changes when an audit ends, and at midnight, when support of distributions ends.
 */
export function createOverviewReader(db: Database): OverviewReader {
  let known: { readonly state: string; readonly overview: Promise<Overview> } | undefined;
  return async (request) => {
    const [row] = await db.query<{ state: string }>(
      "select concat_ws(' ', count(*), max(id), max(finished_at)) as state from audit where status <> 'running'",
    );
    const state = `${row?.state} ${request.now.toISOString().slice(0, 10)}`;
    if (known?.state === state) return known.overview;
    const overview = readOverview(db, request);
    known = { state, overview };
    // A failure is nobody's answer but the one that asked.
    overview.catch(() => {
      if (known?.overview === overview) known = undefined;
    });
    return overview;
  };
}
