import type { Database } from '../database/database.ts';
import { type FilterName, filterCondition } from './filters.ts';
import type { ReportRequest } from './open-report.ts';
import { SqlParameters } from './query-scope.ts';

/** Where the names are that a filter selects by, and how to say that there is none. */
interface Names {
  readonly filter: FilterName;
  /** What to select from, and the column with the names. */
  readonly relation: string;
  readonly column: string;
  readonly unknown: (name: string) => string;
  /** What could not be listed has no such names, but reports of errors tell of it. */
  readonly ofListings?: true;
}

const REPOSITORIES = '"slimboard report repositories" lists all repositories';

const NAMES: readonly Names[] = [
  {
    filter: 'source',
    relation: 'source',
    column: 'name',
    unknown: (name) => `no audit has read a source "${name}": "slimboard report audits" lists all audits`,
  },
  {
    filter: 'registry',
    relation: 'repository',
    column: 'registry',
    unknown: (name) => `no repository is in registry "${name}": ${REPOSITORIES}`,
    ofListings: true,
  },
  {
    filter: 'team',
    relation: '(select team from repository union all select team from team_total) t',
    column: 'team',
    unknown: (name) => `no repository belongs to team "${name}": "slimboard report teams" lists all teams`,
  },
  {
    filter: 'repository',
    relation: 'repository',
    column: 'name',
    unknown: (name) => `no repository matches "${name}": ${REPOSITORIES}`,
    ofListings: true,
  },
  {
    filter: 'tag',
    relation: 'tag',
    column: 'name',
    unknown: (name) => `no tag matches "${name}": "slimboard report images" lists all tags`,
    ofListings: true,
  },
  {
    filter: 'base',
    relation: 'assessment',
    column: 'base_image',
    unknown: (name) => `no image is built on a base that matches "${name}": "slimboard report bases" lists all bases`,
  },
  {
    filter: 'distro',
    relation: 'assessment',
    column: 'distro',
    unknown: (name) =>
      `no image is of distribution "${name}": "slimboard leaderboard --by distro" lists all distributions`,
  },
];

/**
 * Finds a filter that selects by a name which no audit has ever found, and so is misspelt.
 * @param ofListings whether the report shows only what could be listed
 * @returns a sentence for users
 */
export async function findUnknownName(
  db: Database,
  { filters = {}, now }: Pick<ReportRequest, 'filters' | 'now'>,
  ofListings: boolean,
): Promise<string | undefined> {
  for (const { filter, relation, column, unknown, ...names } of NAMES) {
    const name = filters[filter];
    if (name === undefined || (names.ofListings && !ofListings)) continue;
    const parameters = new SqlParameters();
    const condition = filterCondition(
      { name: filter, filters: { [filter]: column } },
      { filters: { [filter]: name }, now },
      parameters,
    );
    const found = await db.query(`select from ${relation} where ${condition} limit 1`, parameters.values);
    if (found.length === 0) return unknown(name);
  }
  return undefined;
}
