-- Builds of one date, audit, tag and size are in the order of their digests: row ids tell in which order they were read.
-- Safe on a live system: replaces a view by one of the same columns.

create or replace view grown_build as
  with build as (
    select h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      min(h.tag) as tag, min(h.first_seen_at) as seen_at, min(coalesce(h.pushed_at, h.first_seen_at)) as came_at,
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
    n.tag, n.seen_at, n.previous_id, n.previous_digest, n.previous_tag, n.previous_bytes,
    n.compressed_bytes - n.previous_bytes as change_bytes,
    round(100.0 * (n.compressed_bytes - n.previous_bytes) / nullif(n.previous_bytes, 0), 2) as change_percent
  from nearest n where n.compressed_bytes > n.previous_bytes;
