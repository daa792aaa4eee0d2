-- The images of tags for reports that show nothing else, from narrow tables: two thirds of the time of slimboard_image_history, a third for one team.
-- Safe on a live system: creates a view. grown_build is not read any more.

-- The images of all tags that ever were, one row a tag and image; a tag was open between first_seen_at and ended_at. What is no
-- image has no row. Each branch joins the repository by itself, so that Postgres looks up the tags of the repositories asked for.
-- manifest_id comes from the image: Postgres has no statistics of a union's columns, and would expect few groups of them.
create view image_history as
  select l.source, l.registry, l.repository, l.team, coalesce(l.name, '') as tag, m.digest, i.platform, l.pushed_at, i.created_at,
    i.pull_bytes as compressed_bytes, a.base_image, a.base_confidence, a.base_bytes, a.app_bytes, a.distro, a.distro_version, a.distro_eol,
    l.started_at as first_seen_at, l.ended_at, l.tag_id, i.manifest_id, l.index_id, l.repository_id, l.source_id
  from (
    select s.name as source, r.registry, r.name as repository, r.team, t.name, t.pushed_at, t.started_at, t.ended_at, t.id as tag_id,
      t.manifest_id, null::bigint as index_id, r.id as repository_id, r.source_id
    from standing_tag t join repository r on r.id = t.repository_id join source s on s.id = r.source_id
    union all
    select s.name, r.registry, r.name, r.team, t.name, t.pushed_at, t.started_at, t.ended_at, t.id, c.child_id, t.manifest_id, r.id, r.source_id
    from standing_tag t join repository r on r.id = t.repository_id join source s on s.id = r.source_id
    join index_child c on c.index_id = t.manifest_id and is_wanted_platform(c.platform, s.platforms)
      and (not c.repeated or not is_listed_before(c.index_id, c.child_id, c.position, s.platforms))) l
  join image i on i.manifest_id = l.manifest_id
  -- Left joins: Postgres leaves them out where nothing of them is asked for.
  left join manifest m on m.id = l.manifest_id
  left join assessment a on a.manifest_id = l.manifest_id;
