-- An image that an index lists twice, as for linux/arm64 and linux/arm64/v8, is one image of a tag that names the index.
-- Safe on a live system: adds a column with a constant default, which rewrites no row; creates a function, and replaces views
-- by ones of the same columns. The next audit marks what is there.

-- Whether an earlier entry of the index lists the same content; told when an audit has read all of its content.
alter table index_child add column repeated boolean not null default false;

-- Whether a wanted entry before this one leads to the same child. Called for entries that repeat another alone, so it costs
-- others nothing: Postgres is told so, or it would plan the views for a look-up a row.
create function is_listed_before(index_id bigint, child_id bigint, "position" integer, wanted text[]) returns boolean
language sql stable cost 1 as $$
  select exists (
    select 1 from index_child e
    where e.index_id = is_listed_before.index_id and e.child_id = is_listed_before.child_id
      and e.position < is_listed_before.position and is_wanted_platform(e.platform, wanted)) $$;

-- Every image a tag leads to, directly or through an index, one row a tag and image; other content one row a tag.
create or replace view tag_content as
  select t.id as tag_id, t.repository_id, t.name as tag, t.manifest_id as tag_manifest_id,
         coalesce(c.child_id, t.manifest_id) as manifest_id, case when m.kind = 'index' then t.manifest_id end as index_id
  from standing_tag t join manifest m on m.id = t.manifest_id
  join repository r on r.id = t.repository_id join source s on s.id = r.source_id
  left join (index_child c join image i on i.manifest_id = c.child_id)
    on c.index_id = t.manifest_id and is_wanted_platform(c.platform, s.platforms)
    and (not c.repeated or not is_listed_before(c.index_id, c.child_id, c.position, s.platforms))
  where t.ended_at is null;

-- What a manifest leads to in a source, and all that is known of it, one row an image: itself, or the images of an index.
create or replace view manifest_content as
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
    and (not c.repeated or not is_listed_before(c.index_id, c.child_id, c.position, s.platforms))
  left join image i on i.manifest_id = coalesce(c.child_id, tm.id)
  left join assessment a on a.manifest_id = i.manifest_id
  left join image_share h on h.manifest_id = i.manifest_id and h.source_id = s.id;
