import { byBytes } from '../store/sql/by-bytes.ts';
import { scoreSql } from '../store/sql/shared-sums.ts';
import { addedGroups, GROUP_SUMS, groupSums, namedImages, taggedImages } from '../store/totals/group-sums.ts';
import type { Grouping } from './names.ts';
import { auditConditions, imagesRelation, precomputedSumsSql, type QueryScope } from './query-scope.ts';

/**
 * A query for the groups that a leaderboard ranks, one row each: `name`, the current sizes, findings and score, and
 * as `previous_…` those known from the audit that it is compared with (`compared`: whether there is one). Groups that
 * existed only at that audit are included, with null as their current sizes, because they had a rank then.
 * @param since ISO 8601: compare with the last comparable audit that ended by then; undefined: with the one before
 */
export function groupsSql(grouping: Grouping, scope: QueryScope, since: string | undefined): string {
  if (grouping === 'team') return teamsSql(scope, since);
  if (grouping === 'repository') return repositoriesSql(scope, since);
  const columns = `name, ${GROUP_SUMS}`;
  const sums = precomputedSumsSql(scope, {
    stored: { table: 'source_group', condition: `grouping = '${grouping}'` },
    columns,
    added: addedGroups(grouping),
    computed: groupSums(taggedImages(imagesRelation(scope), scope.where), namedImages(grouping), [grouping]),
  });
  return `select ${columns}, ${NO_HISTORY} from (${sums}) s`;
}

/** What is known of groups at the audit that is compared with, in columns `previous_…`. */
const COMPARED =
  'stored_bytes own_bytes logical_bytes savings_max_bytes largest_bytes median_bytes images slim_score'.split(' ');
const previousOf = (sqlOf: (column: string) => string): string =>
  COMPARED.map((column) => `${sqlOf(column)} as previous_${column}`).join(', ');

/** The comparison columns of groups whose earlier sums are not stored. */
const NO_HISTORY = `${previousOf(() => 'null::int8')}, false as compared, null::int8 as credited_bytes, null::numeric as goal_percent`;

/**
 * One row for each source of the scope: `totals_of` is the audit that stored its current totals, `previous_totals_of`
 * the audit that stored those to compare with.
 */
function pairSql({ audit, source, parameters }: QueryScope, since: string | undefined): string {
  const ofAudit = audit ? `a.audit_id = ${parameters.add(audit.id)}::int8` : 'a.newest';
  const current = source === undefined ? ofAudit : `${ofAudit} and a.source = ${parameters.add(source)}`;
  if (since === undefined)
    return `select a.source_id, a.source, a.totals_of, a.previous_totals_of from slimboard_source_audits a where ${current}`;
  return `select a.source_id, a.source, a.totals_of, p.totals_of as previous_totals_of
    from slimboard_source_audits a left join lateral (
      select x.totals_of from slimboard_source_audits x
      where x.source_id = a.source_id and x.coverage = a.coverage and x.failed_items = a.failed_items
        and x.audit_id < a.audit_id and x.finished_at <= ${parameters.add(since)}::timestamptz
      order by x.audit_id desc limit 1) p on true
    where ${current}`;
}

/** Totals that older versions stored lack `scored_bytes`; logical bytes weight them instead. */
const TEAM_SCORE = scoreSql('t.slim_score', 'coalesce(t.scored_bytes, t.logical_bytes)');

/** Totals of teams are added up over sources. Percentiles cannot be: they are computed from images again. */
function teamsSql(scope: QueryScope, since: string | undefined): string {
  const percentile = (stored: string, index: number): string =>
    `case when count(*) = 1 then max(t.${stored})
      when coalesce((sum(t.images), sum(t.logical_bytes)) = (max(m.images), max(m.logical_bytes)), true) then max(m.sizes[${index}]) end`;
  const sums = (columns: readonly string[]): string => columns.map((name) => `sum(t.${name}) as ${name}`).join(', ');
  return `
    with pair as (${pairSql(scope, since)}),${percentilesSql(scope)}
    now_total as (
      select t.team, ${sums(['repositories', 'tags', 'images', 'logical_bytes', 'stored_bytes', 'exclusive_bytes', 'shared_bytes', 'own_bytes', 'savings_min_bytes', 'savings_max_bytes', 'findings_error', 'findings_warn'])},
        ${percentile('median_bytes', 1)} as median_bytes, ${percentile('p90_bytes', 2)} as p90_bytes,
        max(t.largest_bytes) as largest_bytes,
        (array_agg(t.largest_image order by t.largest_bytes desc nulls last, ${byBytes('t.largest_image')}))[1] as largest_image,
        ${TEAM_SCORE} as slim_score,
        goal_percent(sum(o.start_bytes)::int8, sum(o.goal_bytes)::int8, sum(o.current_bytes)::int8) as goal_percent
      from pair i join team_total t on t.audit_id = i.totals_of and t.source_id = i.source_id
      left join team_goal o on o.audit_id = t.audit_id and o.source_id = t.source_id and o.team = t.team
      left join middle m on m.team = t.team
      where ${scope.where} group by t.team),
    before as (
      select t.team, ${sums(['stored_bytes', 'own_bytes', 'logical_bytes', 'savings_max_bytes', 'images'])},
        max(t.largest_bytes) as largest_bytes, case when count(*) = 1 then max(t.median_bytes) end as median_bytes, ${TEAM_SCORE} as slim_score
      from pair i join team_total t on t.audit_id = i.previous_totals_of and t.source_id = i.source_id
      where ${scope.where} group by t.team),${creditedSql(scope)}
    select coalesce(n.team, b.team) as name, n.*, ${previousOf((column) => `b.${column}`)},
      (select bool_and(previous_totals_of is not null) from pair) as compared, coalesce(c.bytes, 0) as credited_bytes
    from now_total n full join before b on b.team = n.team left join credited c on c.name = n.team`;
}

/**
 * The median and the 90th percentile of the image sizes of each team with totals in several sources; an image that
 * several of them hold counts once. `images`, `logical_bytes`: those of each source, added up, at an earlier audit. If the
 * totals of then were others, repositories have changed hands since, and the percentiles of then are not known.
 */
const percentilesSql = (scope: QueryScope): string => `
    scattered as (
      select t.team from pair i join team_total t on t.audit_id = i.totals_of and t.source_id = i.source_id
      where ${scope.where} group by t.team having count(*) > 1),
    ${scope.audit ? heldAtAudit(scope) : HELD_NOW},
    middle as (
      select h.team, percentile_disc(array[0.5, 0.9]) within group (order by i.pull_bytes) as sizes, sum(h.sources) as images,
        sum(h.logical_bytes) as logical_bytes
      from held h join image i on i.manifest_id = h.manifest_id group by h.team),`;

/** The teams' images under tags now. It reads few columns, because these may be all images there are. */
const HELD_NOW = `
    root as (
      select distinct r.team, r.source_id, t.manifest_id from tag t join repository r on r.id = t.repository_id
      where t.ended_at is null and t.name is not null and r.ended_at is null
        and r.source_id in (select source_id from pair) and r.team in (select team from scattered)),
    held as (
      select team, manifest_id, null::int8 as sources, null::int8 as logical_bytes from root
      union
      select root.team, c.child_id, null, null from root join source s on s.id = root.source_id
      join index_child c on c.index_id = root.manifest_id and c.child_id is not null and is_wanted_platform(c.platform, s.platforms))`;

/** The teams' images that were under tags at the end of the scope's audit. No tag is read when there is no such team. */
const heldAtAudit = (scope: QueryScope): string => `
    held as (
      select i.team, i.manifest_id, count(distinct i.source_id) as sources, sum(i.compressed_bytes) as logical_bytes from ${imagesRelation(scope)} i
      where exists (select from scattered) and i.tag <> '' and i.team = any (array(select team from scattered)) group by 1, 2)`;

/**
 * The current tags that name an image, whose manifest is `id`, or an index that lists it. Written out rather than
 * joined to a view, so that the database uses its indexes.
 */
const tagsOf = (id: string, source: string | undefined): string =>
  `tag t join repository r on r.id = t.repository_id and r.ended_at is null and t.ended_at is null
    and t.manifest_id in (select ${id} union all select x.index_id from index_child x where x.child_id = ${id})${
      source === undefined ? '' : ' and r.source_id in (select source_id from pair)'
    }`;

/** The bytes of a team's images that other teams' images are built on, each once. It starts with the few bases. */
const creditedSql = ({ source }: QueryScope): string => `
    owned_base as materialized (
      select o.team, b.base_digest, i.pull_bytes
      from (select distinct base_digest from assessment where base_digest is not null) b
      join manifest m on m.digest = b.base_digest join image i on i.manifest_id = m.id
      cross join lateral (select distinct r.team from ${tagsOf('m.id', source)}) o),
    credited as (
      select o.team as name, sum(o.pull_bytes) as bytes from owned_base o
      where exists (
        select 1 from assessment a
        where a.base_digest = o.base_digest and exists (select 1 from ${tagsOf('a.manifest_id', source)} where r.team <> o.team))
      group by o.team)`;

function repositoriesSql(scope: QueryScope, since: string | undefined): string {
  const exists = auditConditions(scope.audit, scope.parameters).isOpen('i.first_seen_at', 'i.ended_at');
  return `
    with pair as (${pairSql(scope, since)})
    select i.registry || '/' || i.repository as name, i.source, 1 as repositories, t.tags, t.images, t.logical_bytes, t.stored_bytes,
      t.exclusive_bytes, t.shared_bytes, t.own_bytes, t.median_bytes, t.p90_bytes, t.largest_bytes,
      i.repository || ':' || t.largest_tag as largest_image, t.savings_min_bytes, t.savings_max_bytes, t.slim_score, t.findings_error,
      t.findings_warn, ${previousOf((column) => `p.${column}`)},
      pair.previous_totals_of is not null as compared, null::int8 as credited_bytes, (
        select goal_percent(o.start_bytes, o.goal_bytes, o.current_bytes) from repository_goal o
        where t.images > 0 and o.repository_id = i.repository_id and o.since <= (select finished_at from audit where id = pair.totals_of)
        order by o.since desc limit 1) as goal_percent
    from pair
    join (select r.*, r.id as repository_id, r.name as repository, s.name as source from repository r join source s on s.id = r.source_id) i
      on i.source_id = pair.source_id and (${exists} or i.ended_at > (select finished_at from audit where id = pair.previous_totals_of))
    left join lateral (
      select * from repository_total x where ${exists} and x.repository_id = i.repository_id and x.audit_id <= pair.totals_of
      order by x.audit_id desc limit 1) t on t.gone is not true
    left join lateral (
      select * from repository_total x where x.repository_id = i.repository_id and x.audit_id <= pair.previous_totals_of
      order by x.audit_id desc limit 1) p on true
    where ${scope.where}`;
}
