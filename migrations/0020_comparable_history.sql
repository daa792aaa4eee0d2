-- What history compares: builds whose order is known, and audits that cover the same; and goals of what has images.
-- Safe on a live system: creates a function, and replaces views by ones of the same columns, and one more.

-- Builds made at the same moment follow one another as they were pushed, or first seen; where neither tells, nobody knows
-- which came first, and they are no pair. A build of several lines, as `1.4` and `latest`, counts once: against the newest
-- build before it in any of them.
create or replace view grown_build as
  with build as (
    select h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      min(h.tag) as tag, min(h.first_seen_at) as seen_at, min(coalesce(h.pushed_at, h.first_seen_at)) as came_at, tag_line(h.tag) as line
    from slimboard_image_history h where h.kind = 'image' and h.tag <> ''
    group by h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      tag_line(h.tag)),
  pair as (
    select b.*, lag(b.manifest_id) over w as previous_id, lag(b.digest) over w as previous_digest, lag(b.tag) over w as previous_tag,
      lag(b.compressed_bytes) over w as previous_bytes, lag(b.created_at) over w as previous_created_at, lag(b.came_at) over w as previous_came_at
    -- All that names the repository, here and below: conditions on it are then looked up, not compared with every build.
    from build b window w as (
      partition by b.source, b.registry, b.repository, b.team, b.repository_id, b.platform, b.line
      order by b.created_at nulls first, b.came_at, b.manifest_id)),
  nearest as (
    select distinct on (p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id) p.*
    from pair p where p.previous_id is not null and (p.created_at is distinct from p.previous_created_at or p.came_at > p.previous_came_at)
    order by p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id,
      p.previous_created_at desc nulls last, p.previous_came_at desc, p.previous_id desc, p.tag)
  select n.source, n.registry, n.repository, n.team, n.repository_id, n.platform, n.manifest_id, n.digest, n.compressed_bytes, n.created_at,
    n.tag, n.seen_at, n.previous_id, n.previous_digest, n.previous_tag, n.previous_bytes,
    n.compressed_bytes - n.previous_bytes as change_bytes,
    round(100.0 * (n.compressed_bytes - n.previous_bytes) / nullif(n.previous_bytes, 0), 2) as change_percent
  from nearest n where n.compressed_bytes > n.previous_bytes;

-- What an audit covered of a source, of its options: the settings that say which images it finds, and what counts as stored
-- once. How fast, when or by which way it read them are none of that, nor are its other sources. Whose registry of Amazon
-- ECR it is, a profile or a role says where no account is named.
create function coverage(options jsonb, source text) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(key, value), '{}')
  from jsonb_path_query_first(options, '$.sources[*] ? (@.name == $name)', jsonb_build_object('name', source)) as settings
  cross join lateral jsonb_each(settings)
  where key in ('kind', 'registry', 'account', 'regions', 'repositories', 'include', 'exclude', 'tags', 'newest', 'platforms', 'provenance', 'dedup')
    or (key in ('profile', 'assumeRole') and not settings ? 'account') $$;

-- One row an audit and source. totals_of: the audit whose totals hold for this one; previous_totals_of: those of the
-- audit before with the same coverage (both without errors), null when there is none.
create or replace view slimboard_source_audits as
  with done as (
    select a.id as audit_id, x.source_id, s.name as source, a.status, a.options, a.started_at, a.finished_at,
           coalesce(a.totals_of, a.id) as totals_of, coverage(a.options, s.name) as coverage
    from audit a join audit_source x on x.audit_id = a.id join source s on s.id = x.source_id
    where a.status in ('finished', 'incomplete'))
  select audit_id, source_id, source, status, options, started_at, finished_at, totals_of,
    case when status = 'finished' then lag(audit_id) over same end as previous_audit_id,
    case when status = 'finished' then lag(totals_of) over same end as previous_totals_of,
    audit_id = max(audit_id) over (partition by source_id) as newest, coverage
  from done window same as (partition by source_id, status, coverage order by audit_id);

-- Sizes at the end of each audit, and how much more is stored than at the audit before with the same coverage. A repository
-- has a row when its sizes changed since then, at whichever audit that was found; without an audit before, at the audit
-- that found it. Of a base image only the pull sizes of the images on it are kept.
create or replace view slimboard_trends as
  with audited as (select * from slimboard_source_audits),
  -- By audits that found what is new since the audit before: one or a few, looked up for each. The planner cannot guess how few.
  since as materialized (
    select a.*, found.audit_id as found_by from audited a cross join lateral (
      select x.audit_id from audit_source x
      where x.source_id = a.source_id and x.audit_id > coalesce(a.previous_totals_of, a.audit_id - 1) and x.audit_id <= a.totals_of offset 0) found)
  select a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, 'source' as scope, a.source as name, null::text as team,
    null::text as registry, null::text as repository, t.tags, t.images, t.logical_bytes, t.stored_bytes, t.stored_bytes - p.stored_bytes as change_bytes, a.coverage
  from audited a join source_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
  left join source_total p on p.audit_id = a.previous_totals_of and p.source_id = a.source_id
  union all
  select a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, 'team', t.team, t.team, null, null, t.tags, t.images, t.logical_bytes, t.stored_bytes,
    case when a.previous_totals_of is not null then t.stored_bytes - coalesce(p.stored_bytes, 0) end, a.coverage
  from audited a join team_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
  left join team_total p on p.audit_id = a.previous_totals_of and p.source_id = a.source_id and p.team = t.team
  union all
  select a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, 'repository', r.name, r.team, r.registry, r.name, t.tags, t.images, t.logical_bytes, t.stored_bytes,
    case when a.previous_totals_of is not null then t.stored_bytes - coalesce(p.stored_bytes, 0) end, a.coverage
  from since a join repository_total t on t.audit_id = a.found_by join repository r on r.id = t.repository_id and r.source_id = a.source_id
  left join lateral (
    select x.stored_bytes from repository_total x where x.repository_id = t.repository_id and x.audit_id <= a.previous_totals_of
    order by x.audit_id desc limit 1) p on true
  -- Of several sizes since then the last.
  where a.found_by = a.totals_of or not exists (
    select 1 from repository_total n where n.repository_id = t.repository_id and n.audit_id > t.audit_id and n.audit_id <= a.totals_of)
  union all
  select a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, 'base', t.base_image, null, null, null, sum(t.tags), sum(t.images), sum(t.logical_bytes)::int8, null, null, a.coverage
  from audited a join base_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
  where t.base_image <> ''
  group by a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, a.coverage, t.base_image;

-- Goals of teams and repositories at the end of each audit of a source, with the progress at the audit before it that had
-- the same coverage. A repository without images has no build that could be on its way.
create or replace view slimboard_goals as
  with point as (
    select a.source, a.audit_id, a.finished_at, a.newest, a.source_id, 'team' as scope, t.team, null::bigint as repository_id, t.repositories, t.reached,
      t.start_bytes, t.goal_bytes, t.current_bytes, t.possible_bytes, goal_percent(p.start_bytes, p.goal_bytes, p.current_bytes) as previous_percent
    from slimboard_source_audits a
    join team_goal t on t.audit_id = a.totals_of and t.source_id = a.source_id
    left join team_goal p on p.audit_id = a.previous_totals_of and p.source_id = a.source_id and p.team = t.team
    union all
    select a.source, a.audit_id, a.finished_at, a.newest, a.source_id, 'repository', r.team, r.id, 1, case when t.current_bytes <= t.goal_bytes then 1 else 0 end,
      t.start_bytes, t.goal_bytes, t.current_bytes, t.possible_bytes, goal_percent(p.start_bytes, p.goal_bytes, p.current_bytes)
    from slimboard_source_audits a
    join repository r on r.source_id = a.source_id and (r.ended_at is null or r.ended_at > a.finished_at)
    join lateral (
      select * from repository_goal x where x.repository_id = r.id and x.since <= a.finished_at order by x.since desc limit 1) t on true
    join lateral (
      select x.images from repository_total x where x.repository_id = r.id and x.audit_id <= a.totals_of order by x.audit_id desc limit 1) held
      on held.images > 0
    left join audit before on before.id = a.previous_audit_id
    left join lateral (
      select * from repository_goal x where x.repository_id = r.id and x.since <= before.finished_at order by x.since desc limit 1) p on true)
  select p.source, p.audit_id, p.finished_at, p.newest, p.scope, p.team, r.registry, r.name as repository, p.repositories, p.reached,
    p.start_bytes, p.goal_bytes, p.current_bytes, p.possible_bytes, greatest(p.current_bytes - p.goal_bytes, 0) as left_bytes,
    goal_percent(p.start_bytes, p.goal_bytes, p.current_bytes) as progress_percent,
    goal_percent(p.start_bytes, p.goal_bytes, p.current_bytes) - p.previous_percent as progress_change, p.source_id, p.repository_id
  from point p left join repository r on r.id = p.repository_id;
