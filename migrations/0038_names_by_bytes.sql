-- Names in the order of their bytes: which tag stands for a build, and lists of tags and sources, depended on the database's locale.
-- Safe on a live system: replaces views by ones of the same columns.

create or replace view slimboard_audits as
  select a.id, (select string_agg(s.name, ';' order by s.name collate "C") from audit_source x join source s on s.id = x.source_id where x.audit_id = a.id) as sources,
    a.lane, case when a.status = 'running' and is_abandoned(a.runner, a.heartbeat_at) then 'stopped' else a.status end as status,
    a.stage, a.started_at, a.finished_at,
    round(extract(epoch from coalesce(a.finished_at, a.heartbeat_at) - a.started_at))::int8 as seconds,
    a.repositories_listed, a.tags_listed, a.tags_audited, a.tags_skipped, a.tags_failed,
    (select count(*) from audit_error e where e.audit_id = a.id) as errors, a.requests, a.throttled,
    t.images, t.logical_bytes, t.stored_bytes
  from audit a
  left join lateral (
    select sum(images)::int8 as images, sum(logical_bytes)::int8 as logical_bytes, sum(stored_bytes)::int8 as stored_bytes
    from audit_source x join source_total o on o.source_id = x.source_id
    where x.audit_id = a.id and o.audit_id = coalesce(a.totals_of, a.id)) t on true;

-- Whatever is sorted by `tag` below is in the order of its bytes, too.
create or replace view grown_build as
  with build as (
    select h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      min(h.tag collate "C") as tag, min(h.first_seen_at) as seen_at, min(coalesce(h.pushed_at, h.first_seen_at)) as came_at,
      bool_and(h.pushed_at is not null) as is_pushed, tag_line(h.tag) as line
    from slimboard_image_history h where h.kind = 'image' and h.tag <> ''
    group by h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      tag_line(h.tag)),
  -- One row a source: added up once, however few builds the planner expects.
  ended as materialized (select source, ends, known_since from audit_ends),
  dated as (
    select b.*, case when b.is_pushed or b.came_at < e.known_since then b.came_at
      else coalesce(e.ends[width_bucket(b.came_at - interval '1 microsecond', e.ends)], e.known_since) end as after_at
    from build b left join ended e on e.source = b.source),
  pair as (
    select b.*, lag(b.manifest_id) over w as previous_id, lag(b.digest) over w as previous_digest, lag(b.tag) over w as previous_tag,
      lag(b.compressed_bytes) over w as previous_bytes, lag(b.created_at) over w as previous_created_at, lag(b.came_at) over w as previous_came_at,
      lag(b.after_at) over w as previous_after_at, lag(b.is_pushed) over w as previous_is_pushed
    -- All that names the repository, here and below: conditions on it are then looked up, not compared with every build.
    from dated b window w as (
      partition by b.source, b.registry, b.repository, b.team, b.repository_id, b.platform, b.line
      order by b.created_at nulls first, b.after_at nulls first, b.tag, b.compressed_bytes, b.digest)),
  nearest as (
    select distinct on (p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id) p.*
    from pair p left join ended e on e.source = p.source
    where p.previous_id is not null and (p.created_at is distinct from p.previous_created_at
      or came_later(p.previous_came_at, p.came_at, p.is_pushed and p.previous_is_pushed, e.ends))
    order by p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id,
      p.previous_created_at desc nulls last, p.previous_after_at desc nulls last, p.tag)
  select n.source, n.registry, n.repository, n.team, n.repository_id, n.platform, n.manifest_id, n.digest, n.compressed_bytes, n.created_at,
    n.tag collate "default" as tag, n.seen_at, n.previous_id, n.previous_digest, n.previous_tag collate "default" as previous_tag, n.previous_bytes,
    n.compressed_bytes - n.previous_bytes as change_bytes,
    round(100.0 * (n.compressed_bytes - n.previous_bytes) / nullif(n.previous_bytes, 0), 2) as change_percent
  from nearest n where n.compressed_bytes > n.previous_bytes;

-- Manifests that could be removed, and why; never what describes another manifest, nor a repository's newest build, nor
-- what an index that is not known may list. An index is as old as the newest image that it lists. Dates before 1981 say
-- nothing: builders of reproducible images write them (Jib 1970-01-01, Cloud Native Buildpacks 1980-01-01). What nothing
-- dates is as old as the end of the audit that found it, for which it does not count in which order that audit read tags; where
-- that audit was pruned, as old as its tag.
create or replace view slimboard_reclaimable as
  with ended as materialized (select source_id, ends, known_since from audit_ends),
  held as (
    select t.repository_id, m.id as manifest_id, m.digest, m.kind, string_agg(t.name, ';' order by t.name collate "C") as tags, bool_or(t.archived) as archived,
      max(t.pulled_at) as pulled_at, max(coalesce(t.pulled_at, t.pushed_at, b.created_at, f.found_at)) as dated_at,
      max(coalesce(t.pushed_at, b.created_at, f.found_at)) as built_at, max(i.pull_bytes) as compressed_bytes
    from standing_tag t join manifest m on m.id = t.manifest_id
    left join image i on i.manifest_id = t.manifest_id
    join repository o on o.id = t.repository_id left join ended e on e.source_id = o.source_id
    cross join lateral (
      select coalesce(case when t.started_at >= e.known_since then e.ends[width_bucket(t.started_at - interval '1 microsecond', e.ends) + 1] end,
        t.started_at) as found_at) f
    cross join lateral (select case
      when m.kind = 'index' then (
        select max(n.created_at) from index_child c join image n on n.manifest_id = c.child_id
        where c.index_id = m.id and n.created_at >= '1981-01-01Z')
      when i.created_at >= '1981-01-01Z' then i.created_at end as created_at) b
    where t.ended_at is null and m.subject is null and m.kind in ('image', 'index', 'unknown')
    group by t.repository_id, m.id),
  ranked as (select h.*, row_number() over (partition by h.repository_id order by h.built_at desc, h.digest) as age_rank from held h),
  judged as (
    select k.*, case
      when k.archived then 'archived'
      when k.tags is null then 'untagged'
      when k.pulled_at < now() - interval '180 days' then 'stale'
      when k.age_rank > 10 and k.dated_at < now() - interval '90 days' then 'superseded' end as reason
    from ranked k
    where k.age_rank > 1
      -- An index is taken for one of its own. Looked up once for all rows, and only where something is untagged.
      and not (k.tags is null and k.kind <> 'index' and k.repository_id in (select p.repository_id from partly_read_repository p)))
  select s.name as source, r.registry, r.name as repository, r.team, coalesce(j.tags, '') as tags, j.digest, j.reason, j.dated_at,
    j.compressed_bytes, r.source_id, r.id as repository_id, j.manifest_id
  from judged j
  join repository r on r.id = j.repository_id and r.ended_at is null join source s on s.id = r.source_id
  where j.reason is not null;
