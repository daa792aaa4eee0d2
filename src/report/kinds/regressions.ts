import { buildPairs } from '../../store/sql/build-pairs.ts';
import { byBytes } from '../../store/sql/by-bytes.ts';
import { auditConditions, type QueryScope } from '../query-scope.ts';
import { defineColumns } from '../report.ts';
import { firstColumn, OWNED_COLUMNS, placeFilters, type ReportKind } from './kind.ts';
import { narrowed } from './limited-kind.ts';

const columns = defineColumns({
  ...OWNED_COLUMNS,
  tag: ['text', 'A tag of the build that grew.', 'gist'],
  previous_tag: ['text', 'A tag of the previous build.'],
  platform: ['text', 'The platform of both.', 'detail'],
  created_at: ['timestamp', 'When the build that grew was built.'],
  compressed_bytes: ['bytes', 'Its pull size.'],
  previous_bytes: ['bytes', 'Pull size of the previous build.', 'detail'],
  change_bytes: ['bytes', 'The difference between the pull sizes.', 'gist'],
  change_percent: ['percent', 'The difference between the pull sizes, in percent.'],
  step: ['integer', 'The layer that grew most, counted from 1, the lowest layer of the base first.'],
  step_bytes: [
    'bytes',
    'How much larger that layer is than the one that it replaces: the one of the same instruction, else the one in the same position.',
  ],
  instruction: ['text', 'The instruction that made that layer; secrets are replaced.'],
  digest: ['digest', 'The manifest of the build that grew.', 'detail'],
  previous_digest: ['digest', 'The manifest of the previous build.', 'detail'],
});

/** The columns that are looked up for the builds of a page alone. */
const LATE_COLUMNS: Readonly<Record<string, string>> = {
  step: 'g.step',
  step_bytes: 'g.step_bytes',
  instruction: 'g.instruction',
  previous_digest: 'p.digest as previous_digest',
};

/** Adds to each build the step that grew most in it, and the digest of the build before. */
function withSteps(builds: string): string {
  return `
    select ${columns.map(({ name }) => LATE_COLUMNS[name] ?? `b.${name}`).join(', ')}, b.total
    from (${builds}) b join manifest p on p.id = b.previous_id left join lateral grown_step(b.manifest_id, b.previous_id) g on true`;
}

/**
 * The builds that grew; with an audit, among those of its sources that had been seen when it ended. Names are looked up at
 * the end, for few rows are left then.
 */
function grownBuilds({ where, rowWhere, audit, parameters }: QueryScope): string {
  const { isSeen, isAudited } = auditConditions(audit, parameters);
  return `
    with build as (
      select i.repository_id, i.manifest_id, i.platform, i.created_at, i.compressed_bytes, tag_line(i.tag) as line, min(${byBytes('i.tag')}) as tag,
        min(i.first_seen_at) as seen_at, min(coalesce(i.pushed_at, i.first_seen_at)) as came_at, bool_and(i.pushed_at is not null) as is_pushed
      from image_history i where i.tag <> '' and ${isAudited('i')} and ${isSeen('i.first_seen_at')} and ${where} group by 1, 2, 3, 4, 5, 6),
    ${buildPairs('true')},
    grown as (select *, compressed_bytes - previous_bytes as change_bytes from pair where compressed_bytes > previous_bytes)
    select b.*, s.name as source, r.registry, r.name as repository, r.team, m.digest,
      round(100.0 * b.change_bytes / nullif(b.previous_bytes, 0), 2) as change_percent, count(*) over () as total
    from grown b join repository r on r.id = b.repository_id join source s on s.id = r.source_id join manifest m on m.id = b.manifest_id
    where ${rowWhere}`;
}

/** Looks up late columns only for the builds of the page, unless it is sorted by one of them. */
function page(scope: QueryScope, order: string, part: string): string {
  const builds = grownBuilds(scope);
  const sorted = (rows: string): string => `select * from (${rows}) o order by ${order}`;
  return firstColumn(order) in LATE_COLUMNS
    ? `${sorted(withSteps(builds))}${part}`
    : sorted(withSteps(`${sorted(builds)}${part}`));
}

export const regressions: ReportKind = {
  name: 'regressions',
  description:
    'One row per build that is larger than the previous build in its line of tags, with the layer that grew most; largest growth first.',
  columns,
  filters: { ...placeFilters('i'), tag: 'b.tag', since: 'b.seen_at', minSize: 'b.change_bytes' },
  rowFilters: ['tag', 'base', 'distro', 'since', 'minSize'],
  ofImages: (_images, condition) => `b.manifest_id in (select i.manifest_id from image_history i where ${condition})`,
  query: (scope) => withSteps(grownBuilds(scope)),
  order: `change_bytes desc, ${byBytes('source', 'registry', 'repository')}, created_at, digest`,
  key: ['source', 'registry', 'repository', 'platform', 'digest'],
  page,
  givesTotal: true,
};

/** The build that grew most in each repository that has one of these names, in whichever source and registry. */
export function largestRegressions(repositories: readonly string[]): ReportKind {
  const { page: _, givesTotal: __, ...rest } = regressions;
  const largest: ReportKind = {
    ...rest,
    query: (scope) =>
      withSteps(`
        select distinct on (source, registry, repository) * from (${grownBuilds(scope)}) g
        order by source, registry, repository, change_bytes desc, created_at, digest`),
  };
  return narrowed(largest, (parameters) => `i.repository = any(${parameters.add(repositories)}::text[])`);
}
