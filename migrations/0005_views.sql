-- Views: what reports, dashboards and Grafana read. Names that start with slimboard_ are public, with their columns.
-- Safe on a live system: creates views and an index only.

-- Tags by repository, ended ones too: reports go repository by repository, and a deleted repository takes its tags along.
create index tag_history on tag (repository_id, name);

-- Whether a child of an index is for one of the platforms that a source audits; one without a platform may be.
create function is_wanted_platform(platform text, wanted text[]) returns boolean language sql immutable as
  $$ select wanted is null or platform is null or platform || '/' like any (string_to_array(array_to_string(wanted, '/%,') || '/%', ',')) $$;

-- Tags, and untagged manifests but for those that an index of their repository lists: they are the index's, not rows of
-- their own. In the past too, unless they outlived the index.
create view standing_tag as
  select t.* from tag t
  where t.name is not null or not exists (
    select 1 from index_child c join tag x on x.manifest_id = c.index_id and x.repository_id = t.repository_id
    where c.child_id = t.manifest_id and coalesce(x.ended_at, 'infinity') >= coalesce(t.ended_at, 'infinity'));

-- Every image a tag leads to, directly or through an index, one row a tag and image; other content one row a tag.
create view tag_content as
  select t.id as tag_id, t.repository_id, t.name as tag, t.manifest_id as tag_manifest_id,
         coalesce(c.child_id, t.manifest_id) as manifest_id, case when m.kind = 'index' then t.manifest_id end as index_id
  from standing_tag t join manifest m on m.id = t.manifest_id
  join repository r on r.id = t.repository_id join source s on s.id = r.source_id
  left join (index_child c join image i on i.manifest_id = c.child_id)
    on c.index_id = t.manifest_id and is_wanted_platform(c.platform, s.platforms)
  where t.ended_at is null;

-- What a manifest leads to in a source, and all that is known of it, one row an image: itself, or the images of an index.
create view manifest_content as
  select s.id as source_id, tm.id as root_id, coalesce(c.child_id, tm.id) as manifest_id,
    coalesce(cm.digest, tm.digest) as digest, case when tm.kind = 'index' then tm.digest end as index_digest,
    coalesce(cm.media_type, tm.media_type) as media_type, coalesce(cm.kind, tm.kind) as kind, i.platform,
    i.created_at, i.pull_bytes as compressed_bytes, a.uncompressed_bytes, i.layer_count,
    h.shared_bytes, i.pull_bytes - h.shared_bytes as exclusive_bytes,
    a.base_image, a.base_digest, a.base_confidence, a.base_evidence, a.base_bytes, a.app_bytes,
    a.distro, a.distro_version, a.distro_eol, a.runtime, a.runtime_version, a.variant, a.multi_stage, a.multi_stage_evidence,
    a.run_user as "user", a.runs_as_root, a.finding_rules as findings,
    a.wasted_bytes, a.savings_min_bytes, a.savings_max_bytes, a.slim_score
  from source s
  cross join manifest tm
  left join (index_child c join manifest cm on cm.id = c.child_id and cm.kind = 'image')
    -- Null, of what is no index, is looked up without reading a page.
    on c.index_id = case when tm.kind = 'index' then tm.id end and is_wanted_platform(c.platform, s.platforms)
  left join image i on i.manifest_id = coalesce(c.child_id, tm.id)
  left join assessment a on a.manifest_id = i.manifest_id
  left join image_share h on h.manifest_id = i.manifest_id and h.source_id = s.id;

-- The images of all tags that ever were; a tag was open at a time between first_seen_at and ended_at.
create view slimboard_image_history as
  select
    s.name as source, r.registry, r.name as repository, coalesce(t.name, '') as tag,
    m.digest, m.index_digest, m.media_type, m.kind, m.platform, r.team,
    t.pushed_at, m.created_at, m.compressed_bytes, m.uncompressed_bytes, m.layer_count, m.shared_bytes, m.exclusive_bytes,
    m.base_image, m.base_digest, m.base_confidence, m.base_evidence, m.base_bytes, m.app_bytes,
    m.distro, m.distro_version, m.distro_eol, m.runtime, m.runtime_version, m.variant, m.multi_stage, m.multi_stage_evidence,
    m."user", m.runs_as_root, m.findings, m.wasted_bytes, m.savings_min_bytes, m.savings_max_bytes, m.slim_score,
    -- A tag is read after its repository was listed.
    t.started_at as first_seen_at, coalesce(t.ended_at, greatest(r.last_seen_at, t.started_at)) as last_seen_at,
    greatest(r.last_seen_at, t.started_at) as audited_at,
    -- Not columns of the report: for joins.
    t.ended_at, t.id as tag_id, m.manifest_id, r.id as repository_id, s.id as source_id,
    t.pulled_at, t.reported_bytes, t.archived
  from standing_tag t
  join repository r on r.id = t.repository_id
  join source s on s.id = r.source_id
  join manifest_content m on m.source_id = s.id and m.root_id = t.manifest_id;

-- The images of the tags that are open now.
create view slimboard_images as select * from slimboard_image_history where ended_at is null;

-- One row an audit and source. totals_of: the audit whose totals hold for this one; previous_totals_of: those of the
-- audit before with the same coverage (both without errors, with the same options), null when there is none.
create view slimboard_source_audits as
  with done as (
    select a.id as audit_id, x.source_id, s.name as source, a.status, a.options, a.started_at, a.finished_at,
           coalesce(a.totals_of, a.id) as totals_of
    from audit a join audit_source x on x.audit_id = a.id join source s on s.id = x.source_id
    where a.status in ('finished', 'incomplete'))
  select audit_id, source_id, source, status, options, started_at, finished_at, totals_of,
    case when status = 'finished' then lag(audit_id) over same end as previous_audit_id,
    case when status = 'finished' then lag(totals_of) over same end as previous_totals_of,
    audit_id = max(audit_id) over (partition by source_id) as newest
  from done window same as (partition by source_id, status, options order by audit_id);

create view slimboard_audits as
  select a.id, (select string_agg(s.name, ';' order by s.name) from audit_source x join source s on s.id = x.source_id where x.audit_id = a.id) as sources,
    a.lane, a.status, a.stage, a.started_at, a.finished_at,
    round(extract(epoch from coalesce(a.finished_at, a.heartbeat_at) - a.started_at))::int8 as seconds,
    a.repositories_listed, a.tags_listed, a.tags_audited, a.tags_skipped, a.tags_failed,
    (select count(*) from audit_error e where e.audit_id = a.id) as errors, a.requests, a.throttled,
    t.images, t.logical_bytes, t.stored_bytes
  from audit a
  left join lateral (
    select sum(images)::int8 as images, sum(logical_bytes)::int8 as logical_bytes, sum(stored_bytes)::int8 as stored_bytes
    from source_total where audit_id = coalesce(a.totals_of, a.id)) t on true;

create view slimboard_errors as
  select e.audit_id, s.name as source, e.registry, e.repository, e.tag, e.digest, e.code, e.message, e.retry, e.occurred_at,
    r.team, e.source_id
  from audit_error e
  join source s on s.id = e.source_id
  left join repository r on r.source_id = e.source_id and r.registry = e.registry and r.name = e.repository;

-- Teams at the end of each audit of a source. growth_bytes: against the audit before with the same coverage.
create view slimboard_teams as
  select a.source, a.audit_id, a.finished_at, a.newest, t.team, t.repositories, t.tags, t.images, t.logical_bytes, t.stored_bytes,
    t.exclusive_bytes, t.shared_bytes, t.own_bytes, t.median_bytes, t.p90_bytes, t.largest_bytes, t.largest_image,
    case when a.previous_totals_of is not null then t.stored_bytes - coalesce(p.stored_bytes, 0) end as growth_bytes,
    case when p.stored_bytes > 0 then round(100.0 * (t.stored_bytes - p.stored_bytes) / p.stored_bytes, 2) end as growth_percent,
    t.savings_min_bytes, t.savings_max_bytes, t.slim_score, t.findings_error, t.findings_warn, a.source_id
  from slimboard_source_audits a
  join team_total t on t.audit_id = a.totals_of and t.source_id = a.source_id
  left join team_total p on p.audit_id = a.previous_totals_of and p.source_id = a.source_id and p.team = t.team;

-- Repositories that are there now, with their sizes at the end of the newest audit of their source.
create view slimboard_repositories as
  select s.name as source, r.registry, r.name as repository, r.team, r.team_origin, t.tags, t.images, t.logical_bytes, t.stored_bytes,
    t.exclusive_bytes, t.shared_bytes, t.own_bytes, t.median_bytes, t.largest_bytes,
    case when a.previous_totals_of is not null then t.stored_bytes - coalesce(p.stored_bytes, 0) end as growth_bytes,
    case when p.stored_bytes > 0 then round(100.0 * (t.stored_bytes - p.stored_bytes) / p.stored_bytes, 2) end as growth_percent,
    r.first_seen_at, r.last_seen_at, r.id as repository_id, r.source_id
  from repository r
  join source s on s.id = r.source_id
  left join slimboard_source_audits a on a.source_id = r.source_id and a.newest
  left join lateral (
    select * from repository_total x where x.repository_id = r.id order by x.audit_id desc limit 1) t on true
  left join lateral (
    select x.stored_bytes from repository_total x where x.repository_id = r.id and x.audit_id <= a.previous_totals_of
    order by x.audit_id desc limit 1) p on true
  where r.ended_at is null;

create view slimboard_findings as
  select i.source, i.registry, i.repository, i.tag, i.digest, i.platform, i.team, f.rule, f.severity, f.confidence, f.message,
    f.layer, f.min_bytes, f.max_bytes, i.base_image, i.distro, i.distro_version, i.compressed_bytes, i.first_seen_at, i.ended_at,
    i.source_id, i.manifest_id
  from slimboard_image_history i join finding f on f.manifest_id = i.manifest_id;

-- One row a base image: who stands on it. A base image's own bytes count once a tag in base_logical_bytes.
create view slimboard_bases as
  select i.base_image, min(i.base_confidence) as base_confidence, i.distro, i.distro_version, i.distro_eol,
    count(distinct i.manifest_id) as images, count(distinct i.tag_id) as tags, count(distinct i.repository_id) as repositories,
    count(distinct i.team) as teams, max(i.base_bytes) as base_bytes, sum(i.base_bytes)::int8 as base_logical_bytes,
    sum(i.app_bytes)::int8 as app_logical_bytes, sum(i.compressed_bytes)::int8 as logical_bytes,
    min(i.created_at) as oldest_created_at, max(i.created_at) as newest_created_at
  from slimboard_images i where i.kind = 'image' and i.tag <> ''
  group by i.base_image, i.distro, i.distro_version, i.distro_eol;
