import type { Database } from '../../database/database.ts';
import { grownRepositories } from '../../report/kinds/trends.ts';
import { readLargestRegressions } from '../../report/largest-regressions.ts';
import { readRows, recordsOf } from '../../report/report-page.ts';

const REPOSITORIES = 15;

/**
 * Reads the repositories that grew most since a time, most bytes first, each with the build that grew most, if any did.
 * @param since ISO 8601
 */
export async function readGrowth(db: Database, since: string, now: Date) {
  const grown = recordsOf(await readRows(db, grownRepositories, { now, filters: { since }, limit: REPOSITORIES }));
  if (grown.length === 0) return [];
  const repositories = grown.map(({ source, registry, name }) => ({ source, registry, repository: name }));
  const builds = await readLargestRegressions(db, repositories, since, now);
  return grown.map((repository, at) => ({ repository, build: builds[at] }));
}
