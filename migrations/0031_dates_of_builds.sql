-- Which build of a repository is the newest, for what could be removed: indexes counted as built when they were first seen.
-- Safe on a live system: replaces a view by one of the same columns.

-- Manifests that could be removed, and why; never what describes another manifest, nor a repository's newest build, nor
-- what an index that is not known may list. An index is as old as the newest image that it lists. Dates before 1981 say
-- nothing: builders of reproducible images write them (Jib 1970-01-01, Cloud Native Buildpacks 1980-01-01).
create or replace view slimboard_reclaimable as
  with held as (
    select t.repository_id, m.id as manifest_id, m.digest, m.kind, string_agg(t.name, ';' order by t.name) as tags, bool_or(t.archived) as archived,
      max(t.pulled_at) as pulled_at, max(coalesce(t.pulled_at, t.pushed_at, b.created_at, t.started_at)) as dated_at,
      max(coalesce(t.pushed_at, b.created_at, t.started_at)) as built_at, max(i.pull_bytes) as compressed_bytes
    from standing_tag t join manifest m on m.id = t.manifest_id
    left join image i on i.manifest_id = t.manifest_id
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
