-- Reports that show tags alone look for no untagged manifests, and reports of all find these by joins instead of one by one.
-- Safe on a live system: creates a view, and replaces one by one of the same columns.

-- The untagged manifests among standing_tag. By itself, the condition is a join for Postgres.
create view standing_untagged as
  select t.* from tag t
  where t.name is null and not exists (
    select 1 from index_child c join tag x on x.manifest_id = c.index_id
    where c.child_id = t.manifest_id and x.repository_id = t.repository_id and coalesce(x.ended_at, 'infinity') >= coalesce(t.ended_at, 'infinity'));

-- The images of all tags that ever were, one row a tag and image; a tag was open between first_seen_at and ended_at. What is no
-- image has no row. Each branch joins the repository by itself, so that Postgres looks up the tags of the repositories asked for.
-- Tags and untagged manifests have branches of their own: of a condition that reads other tables, Postgres expects that it is
-- evaluated for every tag, and beside a cost as high as that it sees no difference between plans. The tag of the untagged is a
-- constant, so that a query for tags leaves them out.
-- manifest_id comes from the image: Postgres has no statistics of a union's columns, and would expect few groups of them.
create or replace view image_history as
  select l.source, l.registry, l.repository, l.team, l.tag, m.digest, i.platform, l.pushed_at, i.created_at,
    i.pull_bytes as compressed_bytes, a.base_image, a.base_confidence, a.base_bytes, a.app_bytes, a.distro, a.distro_version, a.distro_eol,
    l.started_at as first_seen_at, l.ended_at, l.tag_id, i.manifest_id, l.index_id, l.repository_id, l.source_id
  from (
    select s.name as source, r.registry, r.name as repository, r.team, t.name as tag, t.pushed_at, t.started_at, t.ended_at, t.id as tag_id,
      t.manifest_id, null::bigint as index_id, r.id as repository_id, r.source_id
    from tag t join repository r on r.id = t.repository_id join source s on s.id = r.source_id
    where t.name is not null
    union all
    select s.name, r.registry, r.name, r.team, t.name, t.pushed_at, t.started_at, t.ended_at, t.id, c.child_id, t.manifest_id, r.id, r.source_id
    from tag t join repository r on r.id = t.repository_id join source s on s.id = r.source_id
    join index_child c on c.index_id = t.manifest_id and is_wanted_platform(c.platform, s.platforms)
      and (not c.repeated or not is_listed_before(c.index_id, c.child_id, c.position, s.platforms))
    where t.name is not null
    union all
    select s.name, r.registry, r.name, r.team, '', t.pushed_at, t.started_at, t.ended_at, t.id, t.manifest_id, null, r.id, r.source_id
    from standing_untagged t join repository r on r.id = t.repository_id join source s on s.id = r.source_id
    union all
    select s.name, r.registry, r.name, r.team, '', t.pushed_at, t.started_at, t.ended_at, t.id, c.child_id, t.manifest_id, r.id, r.source_id
    from standing_untagged t join repository r on r.id = t.repository_id join source s on s.id = r.source_id
    join index_child c on c.index_id = t.manifest_id and is_wanted_platform(c.platform, s.platforms)
      and (not c.repeated or not is_listed_before(c.index_id, c.child_id, c.position, s.platforms))) l
  join image i on i.manifest_id = l.manifest_id
  -- Left joins: Postgres leaves them out where nothing of them is asked for.
  left join manifest m on m.id = l.manifest_id
  left join assessment a on a.manifest_id = l.manifest_id;
