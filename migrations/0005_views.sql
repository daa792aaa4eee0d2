-- Views over the state as of the last audit: what reports, dashboards and Grafana read. Their names are public.
-- Safe on a live system: creates views only.

-- Every image a tag leads to, directly or through an index, one row a tag and image; other content one row a tag.
create view tag_content as
  select t.id as tag_id, t.repository_id, t.name as tag, t.manifest_id as tag_manifest_id, t.manifest_id as manifest_id,
         null::bigint as index_id
  from tag t join manifest m on m.id = t.manifest_id
  where t.ended_at is null and m.kind <> 'index'
  union all
  select t.id, t.repository_id, t.name, t.manifest_id, coalesce(c.child_id, t.manifest_id), t.manifest_id
  from tag t join manifest m on m.id = t.manifest_id
  left join (index_child c join image i on i.manifest_id = c.child_id) on c.index_id = t.manifest_id
  where t.ended_at is null and m.kind = 'index';

create view slimboard_images as
  select
    s.name as source, r.registry, r.name as repository, c.tag,
    m.digest, case when c.index_id is null then null else (select x.digest from manifest x where x.id = c.index_id) end as index_digest,
    m.media_type, m.kind, i.platform, r.team,
    t.pushed_at, i.created_at, i.pull_bytes as compressed_bytes, a.uncompressed_bytes, i.layer_count,
    h.shared_bytes, i.pull_bytes - h.shared_bytes as exclusive_bytes,
    a.base_image, a.base_digest, a.base_confidence, a.base_evidence, a.base_bytes, a.app_bytes,
    a.distro, a.distro_version, a.distro_eol, a.runtime, a.runtime_version, a.variant, a.multi_stage, a.multi_stage_evidence,
    a.run_user as "user", a.runs_as_root,
    (select string_agg(distinct f.rule, ';' order by f.rule) from finding f where f.manifest_id = m.id) as findings,
    a.wasted_bytes, a.savings_min_bytes, a.savings_max_bytes, a.slim_score,
    t.started_at as first_seen_at, r.last_seen_at, r.last_seen_at as audited_at,
    -- Not columns of the report: for joins and paging.
    t.id as tag_id, m.id as manifest_id, r.id as repository_id, s.id as source_id, t.pulled_at, t.reported_bytes, t.archived
  from tag_content c
  join tag t on t.id = c.tag_id
  join repository r on r.id = c.repository_id
  join source s on s.id = r.source_id
  join manifest m on m.id = c.manifest_id
  left join image i on i.manifest_id = m.id
  left join assessment a on a.manifest_id = m.id
  left join image_share h on h.manifest_id = m.id and h.source_id = s.id
  where r.ended_at is null;
