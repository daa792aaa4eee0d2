import type { Database } from '../../database/database.ts';
import { grownRepositories } from '../../report/kinds/trends.ts';
import { readLargestRegressions } from '../../report/largest-regressions.ts';
import type { CellsByName } from '../../report/report.ts';
import { readRows, recordsOf } from '../../report/report-page.ts';

/** A repository that grew, with the build that grew most in the same time, if any did. */
export interface Growth {
  readonly repository: CellsByName;
  readonly build: CellsByName | undefined;
}

const REPOSITORIES = 15;

/** Reads the repositories that grew most since a time, most bytes first. @param since ISO 8601 */
export async function readGrowth(db: Database, since: string, now: Date): Promise<readonly Growth[]> {
  const grown = recordsOf(await readRows(db, grownRepositories, { now, filters: { since }, limit: REPOSITORIES }));
  if (grown.length === 0) return [];
  const repositories = grown.map(({ source, registry, name }) => ({ source, registry, repository: name }));
  const builds = await readLargestRegressions(db, repositories, since, now);
  return grown.map((repository, at) => ({ repository, build: builds[at] }));
}
