-- What audits have read: when a manifest of a repository was read again, and which repositories are not read to their end.
-- Safe on a live system: adds a column without a default, creates a view, and replaces a view by one of the same columns. The
-- index takes some seconds for a million manifests, in which audits wait with what they write.

-- When the manifest was last read from the repository whether it was kept or not (--full); null: never. Amazon ECR takes
-- that for a pull.
alter table tag add column read_again_at timestamptz;

-- Indexes that the registry lists and does not give: archived before they were first read.
create index manifest_unread_index on manifest (id) where kind = 'index' and body is null;

-- Repositories of which some index may not be known: it is still to be read, could not be read, was not asked for, or is
-- archived. Their untagged manifests may be what it lists. An error of a layer (--deep) is of no index.
create view partly_read_repository as
  select r.id as repository_id from repository r left join audit a on a.id = r.seen_by
  where r.ended_at is null
    and (r.listed_by is distinct from r.seen_by or r.tags_wanted < r.tags_listed or a.stage = 'inventory' or a.status = 'failed')
  union all
  select r.id from repository r
  join audit_error e on e.audit_id = r.seen_by and e.source_id = r.source_id and e.registry = r.registry and e.repository = r.name
  where r.ended_at is null and not exists (select 1 from blob b where b.digest = decode(split_part(e.digest, ':', 2), 'hex'))
  union all
  select t.repository_id from manifest m join tag t on t.manifest_id = m.id and t.ended_at is null
  where m.kind = 'index' and m.body is null;

-- Manifests that could be removed, and why; never what describes another manifest, nor a repository's newest build, nor
-- what an index that is not known may list.
create or replace view slimboard_reclaimable as
  with held as (
    select t.repository_id, t.manifest_id, string_agg(t.name, ';' order by t.name) as tags, bool_or(t.archived) as archived,
      max(t.pulled_at) as pulled_at, max(coalesce(t.pulled_at, t.pushed_at, i.created_at, t.started_at)) as dated_at,
      max(coalesce(t.pushed_at, i.created_at, t.started_at)) as built_at, max(i.pull_bytes) as compressed_bytes,
      bool_or(m.kind = 'index') as is_index
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
    from ranked k
    where k.age_rank > 1
      -- An index is taken for one of its own. Looked up once for all rows, and only where something is untagged.
      and not (k.tags is null and not k.is_index and k.repository_id in (select p.repository_id from partly_read_repository p)))
  select s.name as source, r.registry, r.name as repository, r.team, coalesce(j.tags, '') as tags, m.digest, j.reason, j.dated_at,
    j.compressed_bytes, r.source_id, r.id as repository_id, j.manifest_id
  from judged j
  join repository r on r.id = j.repository_id and r.ended_at is null join source s on s.id = r.source_id join manifest m on m.id = j.manifest_id
  where j.reason is not null;
