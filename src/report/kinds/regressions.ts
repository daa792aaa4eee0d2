import { datedBuilds } from '../../store/sql/dated-builds.ts';
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
 * The builds that grew; with an audit, among those of its sources that had been seen when it ended. Builds made at the same
 * moment follow one another as they were pushed, or as audits first found them; where neither tells, nobody knows which
 * came first, and they are no pair: of those, the first by tag, then by size, follows the build before. A build of several
 * lines, as `1.4` and `latest`, counts once: against the newest build before it in any of them, of equals in that of its first
 * tag. Names are looked up at the end, for few rows are left then.
 */
function grownBuilds({ where, rowWhere, audit, parameters }: QueryScope): string {
  const { isSeen, isAudited } = auditConditions(audit, parameters);
  return `
    with build as (
      select i.repository_id, i.manifest_id, i.platform, i.created_at, i.compressed_bytes, tag_line(i.tag) as line, min(i.tag) as tag,
        min(i.first_seen_at) as seen_at, min(coalesce(i.pushed_at, i.first_seen_at)) as came_at, bool_and(i.pushed_at is not null) as is_pushed
      from image_history i where i.tag <> '' and ${isAudited('i')} and ${isSeen('i.first_seen_at')} and ${where} group by 1, 2, 3, 4, 5, 6),
    -- One row a source: added up once, however few builds the planner expects.
    ended as materialized (select source_id, ends, known_since from audit_ends),
    dated as (${datedBuilds('came_at')}),
    pair as (
      select *, lag(manifest_id) over w as previous_id, lag(tag) over w as previous_tag, lag(compressed_bytes) over w as previous_bytes,
        lag(created_at) over w as previous_created_at, lag(came_at) over w as previous_came_at, lag(after_at) over w as previous_after_at,
        lag(is_pushed) over w as previous_is_pushed
      from dated window w as (
        partition by repository_id, platform, line
        order by created_at nulls first, after_at nulls first, tag, compressed_bytes, manifest_id)),
    nearest as (
      select distinct on (p.repository_id, p.manifest_id) p.*, p.compressed_bytes - p.previous_bytes as change_bytes
      from pair p join repository r on r.id = p.repository_id left join ended e on e.source_id = r.source_id
      where p.previous_id is not null and (p.created_at is distinct from p.previous_created_at
        or came_later(p.previous_came_at, p.came_at, p.is_pushed and p.previous_is_pushed, e.ends))
      order by p.repository_id, p.manifest_id, p.previous_created_at desc nulls last, p.previous_after_at desc nulls last, p.tag)
    select b.*, s.name as source, r.registry, r.name as repository, r.team, m.digest,
      round(100.0 * b.change_bytes / nullif(b.previous_bytes, 0), 2) as change_percent, count(*) over () as total
    from nearest b join repository r on r.id = b.repository_id join source s on s.id = r.source_id join manifest m on m.id = b.manifest_id
    where b.change_bytes > 0 and ${rowWhere}`;
}

/** Looks up late columns only for the builds of the page, unless it is sorted by one of them. */
function page(scope: QueryScope, order: string, part: string): string {
  const builds = grownBuilds(scope);
  return firstColumn(order) in LATE_COLUMNS
    ? `select * from (${withSteps(builds)}) o order by ${order}${part}`
    : `${withSteps(`${builds} order by ${order}${part}`)} order by ${order}`;
}

export const regressions: ReportKind = {
  name: 'regressions',
  description:
    'One row per build that is larger than the previous build in its line of tags, with the layer that grew most; largest growth first.',
  columns,
  filters: { ...placeFilters('i'), tag: 'b.tag', since: 'b.seen_at', minSize: 'b.change_bytes' },
  rowFilters: ['tag', 'since', 'minSize'],
  query: (scope) => withSteps(grownBuilds(scope)),
  order: 'change_bytes desc, source, registry, repository, created_at, digest',
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
