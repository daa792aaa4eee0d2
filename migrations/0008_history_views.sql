-- Views: sizes over time, builds that grew, and what could be removed. Public, as those of 0005.
-- Safe on a live system: creates views, a function, and an index before there is anything in its table.

-- Sizes at the end of each audit. change_bytes: against the audit before with the same coverage; a repository has a row
-- only when its sizes changed. Of a base image only the pull sizes of the images on it are kept.
create view slimboard_trends as
  with point as (
    select a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, 'source' as scope, a.source as name, null::text as team,
      null::text as registry, null::text as repository, t.tags, t.images, t.logical_bytes, t.stored_bytes
    from slimboard_source_audits a join source_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
    union all
    select a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, 'team', t.team, t.team, null, null, t.tags, t.images, t.logical_bytes, t.stored_bytes
    from slimboard_source_audits a join team_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
    union all
    select a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, 'repository', r.name, r.team, r.registry, r.name, t.tags, t.images, t.logical_bytes, t.stored_bytes
    from repository_total t join repository r on r.id = t.repository_id
    join slimboard_source_audits a on a.audit_id = t.audit_id and a.source_id = r.source_id
    union all
    select a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, 'base', t.base_image, null, null, null, sum(t.tags), sum(t.images), sum(t.logical_bytes)::int8, null
    from slimboard_source_audits a join base_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
    where t.base_image <> ''
    group by a.source, a.source_id, a.audit_id, a.finished_at, a.status, a.options, t.base_image)
  select p.*, case when p.status = 'finished' then
      p.stored_bytes - lag(p.stored_bytes) over (
        partition by p.source, p.scope, p.name, p.team, p.registry, p.repository, p.status, p.options order by p.audit_id) end as change_bytes
  from point p;

-- Builds of a repository, each with the one before it, where the later one is larger.
create view grown_build as
  with build as (
    select h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      min(h.tag) as tag, min(h.first_seen_at) as seen_at
    from slimboard_image_history h where h.kind = 'image' and h.tag <> ''
    group by h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at),
  pair as (
    select b.*, lag(b.manifest_id) over w as previous_id, lag(b.digest) over w as previous_digest, lag(b.tag) over w as previous_tag,
      lag(b.compressed_bytes) over w as previous_bytes
    -- All that names the repository: conditions on it are then looked up, not compared with every build.
    from build b window w as (
      partition by b.source, b.registry, b.repository, b.team, b.repository_id, b.platform order by b.created_at nulls first, b.seen_at, b.manifest_id))
  select p.*, p.compressed_bytes - p.previous_bytes as change_bytes,
    round(100.0 * (p.compressed_bytes - p.previous_bytes) / nullif(p.previous_bytes, 0), 2) as change_percent
  from pair p where p.compressed_bytes > p.previous_bytes;

-- The layer that is larger by most than that of the same instruction in the build before.
create function grown_step(build bigint, previous bigint) returns table (step integer, step_bytes bigint, instruction text)
language sql stable as $$
  select l.position + 1,
    b.size - coalesce((
      select max(o.size) from manifest_layer k join blob o on o.id = k.blob_id
      where k.manifest_id = previous and o.instruction = b.instruction), 0),
    b.instruction
  from manifest_layer l join blob b on b.id = l.blob_id
  where l.manifest_id = build
    and not exists (select 1 from manifest_layer k where k.manifest_id = previous and k.blob_id = l.blob_id)
  order by 2 desc, 1 limit 1 $$;

create view slimboard_regressions as
  select p.source, p.registry, p.repository, p.team, p.tag, p.previous_tag, p.platform, p.created_at, p.seen_at, p.compressed_bytes,
    p.previous_bytes, p.change_bytes, p.change_percent, g.step, g.step_bytes, g.instruction, p.digest, p.previous_digest
  from grown_build p left join lateral grown_step(p.manifest_id, p.previous_id) g on true;

-- The blobs that each repository holds, by the manifest of a tag, or without one, that leads to them.
create view slimboard_holdings as
  with recursive held (repository_id, root_id, manifest_id) as (
    select t.repository_id, t.manifest_id, t.manifest_id from standing_tag t join repository r on r.id = t.repository_id
    where t.ended_at is null and r.ended_at is null
    union
    select h.repository_id, h.root_id, c.child_id from held h join index_child c on c.index_id = h.manifest_id where c.child_id is not null)
  select distinct r.source_id, r.id as repository_id, h.root_id, b.id as blob_id, b.size,
    r.source_id || ' ' || case s.dedup when 'registry' then r.registry when 'repository' then r.id::text
      else r.registry || '/' || split_part(r.name, '/', 1) end as scope
  from held h
  join repository r on r.id = h.repository_id join source s on s.id = r.source_id
  join (select manifest_id, blob_id from manifest_layer union all select id, config_id from manifest where config_id is not null) x
    on x.manifest_id = h.manifest_id
  join blob b on b.id = x.blob_id and b.stored;

-- Manifests that could be removed, and why; never what describes another manifest, nor a repository's newest build.
create view slimboard_reclaimable as
  with held as (
    select t.repository_id, t.manifest_id, string_agg(t.name, ';' order by t.name) as tags, bool_or(t.archived) as archived,
      max(t.pulled_at) as pulled_at, max(coalesce(t.pulled_at, t.pushed_at, i.created_at, t.started_at)) as dated_at,
      max(coalesce(t.pushed_at, i.created_at, t.started_at)) as built_at, max(i.pull_bytes) as compressed_bytes
    from standing_tag t join manifest m on m.id = t.manifest_id
    left join image i on i.manifest_id = t.manifest_id
    where t.ended_at is null and m.subject is null and m.kind in ('image', 'index', 'unknown')
    group by t.repository_id, t.manifest_id),
  ranked as (select h.*, row_number() over (partition by h.repository_id order by h.built_at desc, h.manifest_id desc) as age_rank from held h),
  judged as (
    select k.*, case
      when k.archived then 'archived'
      when k.tags is null then 'untagged'
      when k.pulled_at < now() - interval '180 days' then 'stale'
      when k.age_rank > 10 and k.dated_at < now() - interval '90 days' then 'superseded' end as reason
    from ranked k where k.age_rank > 1)
  select s.name as source, r.registry, r.name as repository, r.team, coalesce(j.tags, '') as tags, m.digest, j.reason, j.dated_at,
    j.compressed_bytes, r.source_id, r.id as repository_id, j.manifest_id
  from judged j
  join repository r on r.id = j.repository_id and r.ended_at is null join source s on s.id = r.source_id join manifest m on m.id = j.manifest_id
  where j.reason is not null;

-- Who stands on a base.
create index assessment_base on assessment (base_digest) where base_digest is not null;
