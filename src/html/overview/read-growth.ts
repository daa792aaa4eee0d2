import type { Database } from '../../database/database.ts';
import { regressionIn, regressionsOf } from '../../report/kinds/regressions.ts';
import { grownRepositories } from '../../report/kinds/trends.ts';
import type { CellsByName } from '../../report/report.ts';
import { readRows, recordsOf } from '../../report/report-page.ts';

/** A repository that grew, with the build that grew most in the same time, if any did. */
export interface Growth {
  readonly repository: CellsByName;
  readonly build: CellsByName | undefined;
}

const REPOSITORIES = 15;
/** Enough to include the build that grew most of each repository, unless one repository has very many. */
const BUILDS = 200;

/** Reads the repositories that grew most since a time, most bytes first. @param since ISO 8601 */
export async function readGrowth(db: Database, since: string, now: Date): Promise<readonly Growth[]> {
  const grown = recordsOf(await readRows(db, grownRepositories, { now, filters: { since }, limit: REPOSITORIES }));
  if (grown.length === 0) return [];
  const names = grown.map(({ name }) => String(name));
  const builds = recordsOf(await readRows(db, regressionsOf(names), { now, filters: { since }, limit: BUILDS }));
  return grown.map((repository) => ({
    repository,
    build: regressionIn(builds, repository, repository.name),
  }));
}
