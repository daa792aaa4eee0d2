import type { Cell, CellsByName, Column } from '../report.ts';
import { auditConditions, firstColumn, narrowed, type QueryScope, type ReportKind } from './kind.ts';

const columns: readonly Column[] = [
  { name: 'source', type: 'text', description: 'The source.', detail: true },
  { name: 'registry', type: 'text', description: 'The host of the registry.', detail: true },
  { name: 'repository', type: 'text', description: 'The repository.' },
  { name: 'team', type: 'text', description: 'The team that owns it, or `unowned`.' },
  { name: 'tag', type: 'text', description: 'A tag of the build that grew.' },
  { name: 'previous_tag', type: 'text', description: 'A tag of the previous build.' },
  { name: 'platform', type: 'text', description: 'The platform of both.', detail: true },
  { name: 'created_at', type: 'timestamp', description: 'When the build that grew was built.' },
  { name: 'compressed_bytes', type: 'bytes', description: 'Its pull size.' },
  { name: 'previous_bytes', type: 'bytes', description: 'Pull size of the previous build.', detail: true },
  { name: 'change_bytes', type: 'bytes', description: 'The difference between the pull sizes.', gist: true },
  { name: 'change_percent', type: 'percent', description: 'The difference between the pull sizes, in percent.' },
  {
    name: 'step',
    type: 'integer',
    description: 'The layer that grew most, counted from 1, the lowest layer of the base first.',
  },
  {
    name: 'step_bytes',
    type: 'bytes',
    description:
      'How much larger that layer is than the one that it replaces: the one of the same instruction, else the one in the same position.',
  },
  { name: 'instruction', type: 'text', description: 'The instruction that made that layer; secrets are replaced.' },
  { name: 'digest', type: 'digest', description: 'The manifest of the build that grew.', detail: true },
  { name: 'previous_digest', type: 'digest', description: 'The manifest of the previous build.', detail: true },
];

const STEP_COLUMNS: ReadonlySet<string> = new Set(['step', 'step_bytes', 'instruction']);

/** Adds to each build the step that grew most in it. */
function withSteps(builds: string): string {
  return `
    select ${columns.map(({ name }) => `${STEP_COLUMNS.has(name) ? 'g' : 'b'}.${name}`).join(', ')}, b.total
    from (${builds}) b left join lateral grown_step(b.manifest_id, b.previous_id) g on true`;
}

/** The builds that grew; with an audit, those of its sources that had been seen when it ended. */
function grownBuilds({ where, audit, parameters }: QueryScope): string {
  const { isSeen, isAudited } = auditConditions(audit, parameters);
  const repositories = `b.repository_id in (select r.id from repository r where ${isAudited('r')})`;
  return `select b.*, count(*) over () as total from grown_build b
    where ${where}${audit ? ` and ${isSeen('b.seen_at')} and ${repositories}` : ''}`;
}

/** Looks up steps only for the builds of the page, unless the page is sorted by a column of the step. */
function page(scope: QueryScope, order: string, part: string): string {
  const builds = grownBuilds(scope);
  return STEP_COLUMNS.has(firstColumn(order))
    ? `select * from (${withSteps(builds)}) o order by ${order}${part}`
    : `${withSteps(`${builds} order by ${order}${part}`)} order by ${order}`;
}

export const regressions: ReportKind = {
  name: 'regressions',
  description:
    'One row per build that is larger than the previous build in its line of tags, with the layer that grew most; largest growth first.',
  columns,
  filters: {
    source: 'b.source',
    registry: 'b.registry',
    team: 'b.team',
    repository: 'b.repository',
    tag: 'b.tag',
    since: 'b.seen_at',
    minSize: 'b.change_bytes',
  },
  query: (scope) => withSteps(grownBuilds(scope)),
  order: 'change_bytes desc, source, registry, repository, created_at, digest',
  key: ['source', 'registry', 'repository', 'platform', 'digest'],
  page,
  givesTotal: true,
};

/**
 * Finds the regression that grew most in a repository of the same source and registry as `place`.
 * @param builds in the order of the report: most bytes first
 */
export function regressionIn(
  builds: readonly CellsByName[],
  place: CellsByName,
  repository: Cell | undefined,
): CellsByName | undefined {
  return builds.find(
    (build) => build.repository === repository && build.registry === place.registry && build.source === place.source,
  );
}

/** Regressions in repositories with these names, in whichever registry. */
export function regressionsOf(repositories: readonly string[]): ReportKind {
  return narrowed(regressions, (parameters) => `b.repository = any(${parameters.add(repositories)}::text[])`);
}
