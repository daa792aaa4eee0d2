import { imagesAsOf, type QueryScope } from './kinds/kind.ts';
import type { Grouping } from './names.ts';

/**
 * What a leaderboard ranks, as SQL. Each relation has a row a group: `name`, the sizes, findings and score of now, and
 * as `previous_…` those that are known of the audit compared with (`compared`: whether there is one).
 */
export function groupsSql(grouping: Grouping, scope: QueryScope, since: string | undefined): string {
  if (grouping === 'team') return teamsSql(scope, since);
  if (grouping === 'repository') return repositoriesSql(scope, since);
  return liveSql(GROUP_NAME[grouping], scope);
}

const GROUP_NAME = {
  base: "coalesce(i.base_image, 'unknown')",
  distro: "coalesce(i.distro || coalesce(' ' || i.distro_version, ''), 'unknown')",
  runtime: "coalesce(i.runtime, 'unknown')",
} as const;

/** Which totals are those of now, and which those compared with: one row a source. */
function pairSql({ audit, parameters }: QueryScope, since: string | undefined): string {
  const current = audit ? `a.audit_id = ${parameters.add(audit.id)}::int8` : 'a.newest';
  if (since === undefined)
    return `select a.source_id, a.source, a.totals_of, a.previous_totals_of from slimboard_source_audits a where ${current}`;
  return `select a.source_id, a.source, a.totals_of, p.totals_of as previous_totals_of
    from slimboard_source_audits a left join lateral (
      select x.totals_of from slimboard_source_audits x
      where x.source_id = a.source_id and x.options = a.options and x.status = 'finished' and a.status = 'finished'
        and x.audit_id < a.audit_id and x.finished_at <= ${parameters.add(since)}::timestamptz
      order by x.audit_id desc limit 1) p on true
    where ${current}`;
}

/** Teams over several sources add up, but for the middle sizes: those are read from the images again. */
function teamsSql(scope: QueryScope, since: string | undefined): string {
  const percentile = (fraction: number, stored: string): string => `case when count(*) = 1 then max(t.${stored}) else (
    select percentile_disc(${fraction}) within group (order by d.pull_bytes) from (
      select distinct i.manifest_id, i.pull_bytes from repository r join tag_content c on c.repository_id = r.id
      join image i on i.manifest_id = c.manifest_id
      where r.team = t.team and r.ended_at is null and c.tag is not null and r.source_id = any(array_agg(t.source_id))) d) end`;
  const sums = (names: readonly string[], relation: string, prefix = ''): string =>
    names.map((name) => `sum(${relation}.${name}) as ${prefix}${name}`).join(', ');
  return `
    with pair as (${pairSql(scope, since)}),
    now_total as (
      select t.team as name, ${sums(['repositories', 'tags', 'images', 'logical_bytes', 'stored_bytes', 'exclusive_bytes', 'shared_bytes', 'own_bytes', 'savings_min_bytes', 'savings_max_bytes', 'findings_error', 'findings_warn'], 't')},
        ${percentile(0.5, 'median_bytes')} as median_bytes, ${percentile(0.9, 'p90_bytes')} as p90_bytes,
        max(t.largest_bytes) as largest_bytes,
        (array_agg(t.largest_image order by t.largest_bytes desc nulls last, t.largest_image))[1] as largest_image,
        round(sum(t.slim_score * t.logical_bytes) / nullif(sum(t.logical_bytes) filter (where t.slim_score is not null), 0), 2) as slim_score,
        goal_percent(sum(o.start_bytes)::int8, sum(o.goal_bytes)::int8, sum(o.current_bytes)::int8) as goal_percent
      from pair i join team_total t on t.audit_id = i.totals_of and t.source_id = i.source_id
      left join team_goal o on o.audit_id = t.audit_id and o.source_id = t.source_id and o.team = t.team
      where ${scope.where} group by t.team),
    before as (
      select p.team as name, ${sums(['stored_bytes', 'own_bytes', 'logical_bytes', 'savings_max_bytes'], 'p', 'previous_')},
        max(p.largest_bytes) as previous_largest_bytes, case when count(*) = 1 then max(p.median_bytes) end as previous_median_bytes,
        sum(p.images) as previous_images,
        round(sum(p.slim_score * p.logical_bytes) / nullif(sum(p.logical_bytes) filter (where p.slim_score is not null), 0), 2) as previous_slim_score
      from pair i join team_total p on p.audit_id = i.previous_totals_of and p.source_id = i.source_id
      group by p.team),${CREDITED}
    select n.*, b.previous_stored_bytes, b.previous_own_bytes, b.previous_logical_bytes, b.previous_savings_max_bytes,
      b.previous_largest_bytes, b.previous_median_bytes, b.previous_images, b.previous_slim_score,
      (select bool_and(previous_totals_of is not null) from pair) as compared, coalesce(c.bytes, 0) as credited_bytes
    from now_total n left join before b on b.name = n.name left join credited c on c.name = n.name`;
}

/** The tags that lead to an image, `id` its manifest: by themselves, or through an index. Written out, so that indexes find them. */
const tagsOf = (id: string): string =>
  `tag t join repository r on r.id = t.repository_id and r.ended_at is null and t.ended_at is null
    and t.manifest_id in (select ${id} union all select x.index_id from index_child x where x.child_id = ${id})`;

/** A team's images that are the base of other teams' images, each once; bases are few, so the search begins with them. */
const CREDITED = `
    owned_base as materialized (
      select o.team, b.base_digest, i.pull_bytes
      from (select distinct base_digest from assessment where base_digest is not null) b
      join manifest m on m.digest = b.base_digest join image i on i.manifest_id = m.id
      cross join lateral (select distinct r.team from ${tagsOf('m.id')}) o),
    credited as (
      select o.team as name, sum(o.pull_bytes) as bytes from owned_base o
      where exists (
        select 1 from assessment a
        where a.base_digest = o.base_digest and exists (select 1 from ${tagsOf('a.manifest_id')} where r.team <> o.team))
      group by o.team)`;

function repositoriesSql(scope: QueryScope, since: string | undefined): string {
  return `
    with pair as (${pairSql(scope, since)}), live as (${liveSql("i.registry || '/' || i.repository", scope)})
    select i.registry || '/' || i.repository as name, 1 as repositories, t.tags, t.images, t.logical_bytes, t.stored_bytes,
      t.exclusive_bytes, t.shared_bytes, t.own_bytes, t.median_bytes, live.p90_bytes, t.largest_bytes, live.largest_image,
      coalesce(live.savings_min_bytes, 0) as savings_min_bytes, coalesce(live.savings_max_bytes, 0) as savings_max_bytes,
      live.slim_score, coalesce(live.findings_error, 0) as findings_error, coalesce(live.findings_warn, 0) as findings_warn,
      p.stored_bytes as previous_stored_bytes, p.own_bytes as previous_own_bytes, p.logical_bytes as previous_logical_bytes,
      null::int8 as previous_savings_max_bytes, p.largest_bytes as previous_largest_bytes, p.median_bytes as previous_median_bytes,
      p.images as previous_images, null::numeric as previous_slim_score,
      pair.previous_totals_of is not null as compared, null::int8 as credited_bytes, (
        select goal_percent(o.start_bytes, o.goal_bytes, o.current_bytes) from repository_goal o
        where o.repository_id = i.repository_id and o.since <= (select finished_at from audit where id = pair.totals_of)
        order by o.since desc limit 1) as goal_percent
    from pair
    join slimboard_repositories i on i.source_id = pair.source_id
    join lateral (
      select * from repository_total x where x.repository_id = i.repository_id and x.audit_id <= pair.totals_of
      order by x.audit_id desc limit 1) t on true
    left join lateral (
      select * from repository_total x where x.repository_id = i.repository_id and x.audit_id <= pair.previous_totals_of
      order by x.audit_id desc limit 1) p on true
    left join live on live.name = i.registry || '/' || i.repository
    where ${scope.where}`;
}

/** Groups that no history is kept of: added up from the images of now, blobs shared fairly among the groups. */
function liveSql(name: string, scope: QueryScope): string {
  return `
    with standing as (
      select ${name} as name, i.repository_id, i.repository, i.manifest_id, i.tag_id, i.tag, i.compressed_bytes,
        i.savings_min_bytes, i.savings_max_bytes, i.slim_score
      from ${imagesAsOf(scope)} i
      where i.kind = 'image' and i.tag <> '' and ${scope.where}),
    tagged as (
      select name, repository_id, repository, manifest_id, min(tag) as tag, count(*) as tags,
        compressed_bytes, savings_min_bytes, savings_max_bytes, slim_score
      from standing group by 1, 2, 3, 4, 7, 8, 9, 10),
    -- A tag of several platforms is one tag.
    tag_counts as (select name, count(distinct tag_id) as tags from standing group by name),
    one_each as (select distinct on (name, manifest_id) * from tagged order by name, manifest_id, repository, tag),
    -- Each image once a scope, and each blob once a group and scope, before sizes are looked up: images share most blobs.
    scoped as (
      select distinct t.name, t.manifest_id, s.id as source_id, coalesce(a.base_layers, 0) as base_layers,
        case s.dedup when 'registry' then r.registry when 'repository' then r.id::text
          else r.registry || '/' || split_part(r.name, '/', 1) end as scope
      from tagged t join repository r on r.id = t.repository_id join source s on s.id = r.source_id
      left join assessment a on a.manifest_id = t.manifest_id),
    held as (
      select l.blob_id, t.name, t.source_id, t.scope, bool_or(l.position >= t.base_layers) as own
      from scoped t
      join (select manifest_id, position, blob_id from manifest_layer
            union all select id, null, config_id from manifest where config_id is not null) l on l.manifest_id = t.manifest_id
      group by 1, 2, 3, 4),
    share as (
      select h.name, b.size, h.own, count(*) over w as holders, row_number() over (w order by h.name) as place
      from held h join blob b on b.id = h.blob_id and b.stored
      window w as (partition by h.blob_id, h.source_id, h.scope)),
    bytes as (
      select name, sum(size / holders + case when place <= size % holders then 1 else 0 end) as stored_bytes,
        sum(size) filter (where holders = 1) as exclusive_bytes, sum(size) filter (where holders > 1) as shared_bytes,
        sum(size) filter (where own) as own_bytes
      from share group by name),
    sizes as (
      select name, count(*) as images, percentile_disc(0.5) within group (order by compressed_bytes) as median_bytes,
        percentile_disc(0.9) within group (order by compressed_bytes) as p90_bytes, max(compressed_bytes) as largest_bytes,
        (array_agg(repository || ':' || tag order by compressed_bytes desc, repository, tag))[1] as largest_image,
        coalesce(sum(savings_min_bytes), 0) as savings_min_bytes, coalesce(sum(savings_max_bytes), 0) as savings_max_bytes,
        round(sum(slim_score * compressed_bytes) / nullif(sum(compressed_bytes) filter (where slim_score is not null), 0), 2) as slim_score
      from one_each group by name),
    counts as (
      select name, count(distinct repository_id) as repositories, sum(compressed_bytes * tags) as logical_bytes
      from tagged group by name),
    found as (
      select o.name, count(*) filter (where f.severity = 'error') as findings_error, count(*) filter (where f.severity = 'warn') as findings_warn
      from one_each o join finding f on f.manifest_id = o.manifest_id group by o.name)
    select c.name, c.repositories, n.tags, s.images, c.logical_bytes, coalesce(b.stored_bytes, 0) as stored_bytes,
      coalesce(b.exclusive_bytes, 0) as exclusive_bytes, coalesce(b.shared_bytes, 0) as shared_bytes, coalesce(b.own_bytes, 0) as own_bytes,
      s.median_bytes, s.p90_bytes, s.largest_bytes, s.largest_image, s.savings_min_bytes, s.savings_max_bytes, s.slim_score,
      coalesce(f.findings_error, 0) as findings_error, coalesce(f.findings_warn, 0) as findings_warn,
      null::int8 as previous_stored_bytes, null::int8 as previous_own_bytes, null::int8 as previous_logical_bytes,
      null::int8 as previous_savings_max_bytes, null::int8 as previous_largest_bytes, null::int8 as previous_median_bytes,
      null::int8 as previous_images, null::numeric as previous_slim_score, false as compared, null::int8 as credited_bytes,
      null::numeric as goal_percent
    from counts c join tag_counts n on n.name = c.name join sizes s on s.name = c.name left join bytes b on b.name = c.name left join found f on f.name = c.name`;
}
