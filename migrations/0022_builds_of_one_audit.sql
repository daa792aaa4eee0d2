-- What one audit found of builds of one date has no order: it reads tags in batches, some again, and not as they were made.
-- Safe on a live system: creates a function and a view, and replaces a view by one of the same columns.

-- When audits of a source ended: after all that they found.
create view audit_ends as
  select s.id as source_id, s.name as source, array_agg(a.finished_at order by a.finished_at) as ends
  from source s join audit_source x on x.source_id = s.id join audit a on a.id = x.audit_id
  where a.finished_at is not null group by s.id, s.name;

-- Whether it is known of two builds that they came in this order: the registry told when both were pushed, or an audit ended
-- in between. The buckets count the audits that had ended before.
create function came_later(before timestamptz, after timestamptz, pushed boolean, ends timestamptz[]) returns boolean language sql stable as $$
  select after > before and (pushed
    or width_bucket(after - interval '1 microsecond', ends) > width_bucket(before - interval '1 microsecond', ends)) $$;

-- Builds made at the same moment follow one another as they were pushed, or as audits first found them; where neither tells,
-- nobody knows which came first, and they are no pair. A build of several lines, as `1.4` and `latest`, counts once: against
-- the newest build before it in any of them.
create or replace view grown_build as
  with build as (
    select h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      min(h.tag) as tag, min(h.first_seen_at) as seen_at, min(coalesce(h.pushed_at, h.first_seen_at)) as came_at,
      bool_and(h.pushed_at is not null) as is_pushed, tag_line(h.tag) as line
    from slimboard_image_history h where h.kind = 'image' and h.tag <> ''
    group by h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      tag_line(h.tag)),
  pair as (
    select b.*, lag(b.manifest_id) over w as previous_id, lag(b.digest) over w as previous_digest, lag(b.tag) over w as previous_tag,
      lag(b.compressed_bytes) over w as previous_bytes, lag(b.created_at) over w as previous_created_at, lag(b.came_at) over w as previous_came_at,
      lag(b.is_pushed) over w as previous_is_pushed
    -- All that names the repository, here and below: conditions on it are then looked up, not compared with every build.
    from build b window w as (
      partition by b.source, b.registry, b.repository, b.team, b.repository_id, b.platform, b.line
      order by b.created_at nulls first, b.came_at, b.manifest_id)),
  -- One row a source: added up once, however few builds the planner expects.
  ended as materialized (select source, ends from audit_ends),
  nearest as (
    select distinct on (p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id) p.*
    from pair p left join ended e on e.source = p.source
    where p.previous_id is not null and (p.created_at is distinct from p.previous_created_at
      or came_later(p.previous_came_at, p.came_at, p.is_pushed and p.previous_is_pushed, e.ends))
    order by p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id,
      p.previous_created_at desc nulls last, p.previous_came_at desc, p.previous_id desc, p.tag)
  select n.source, n.registry, n.repository, n.team, n.repository_id, n.platform, n.manifest_id, n.digest, n.compressed_bytes, n.created_at,
    n.tag, n.seen_at, n.previous_id, n.previous_digest, n.previous_tag, n.previous_bytes,
    n.compressed_bytes - n.previous_bytes as change_bytes,
    round(100.0 * (n.compressed_bytes - n.previous_bytes) / nullif(n.previous_bytes, 0), 2) as change_percent
  from nearest n where n.compressed_bytes > n.previous_bytes;
