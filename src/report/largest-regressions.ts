import type { Database } from '../database/database.ts';
import { largestRegressions } from './kinds/regressions.ts';
import type { Cell, CellsByName } from './report.ts';
import { readRows, recordsOf } from './report-page.ts';

/**
 * Reads the build that grew most in each of some repositories since a time.
 * @param repositories their `source`, `registry` and `repository`, as rows of reports have them
 * @param since ISO 8601
 * @returns a row of `report regressions` for each of them, in their order; undefined where no build grew
 */
export async function readLargestRegressions(
  db: Database,
  repositories: readonly Readonly<Record<string, Cell | undefined>>[],
  since: string,
  now: Date,
): Promise<readonly (CellsByName | undefined)[]> {
  const kind = largestRegressions(repositories.map(({ repository }) => String(repository)));
  const builds = recordsOf(await readRows(db, kind, { now, filters: { since } }));
  return repositories.map(({ source, registry, repository }) =>
    builds.find((build) => build.source === source && build.registry === registry && build.repository === repository),
  );
}
