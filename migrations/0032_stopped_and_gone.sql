-- Audits that stopped without an end, repositories that were gone for a while, and a stable order of builds of one moment.
-- Safe on a live system: creates a function, adds a column without values, and replaces views by ones of the same columns.

-- Whether the repository was gone at the end of that audit: it may be back by now. Null: of before this migration.
alter table repository_total add column gone boolean;

-- In slimboard_audits, audits that stopped without an end were running for ever.
-- Whether nobody is working on an audit that has not ended: its process was told to stop (`none`), or its last heartbeat is more
-- than a minute old (it was killed) or more than a minute in the future (it was killed before the clock was set back). By the
-- database's clock, because the clocks of several machines differ.
create function is_abandoned(runner text, heartbeat_at timestamptz) returns boolean language sql stable as
  $$ select runner = 'none' or heartbeat_at not between now() - interval '60 seconds' and now() + interval '60 seconds' $$;

create or replace view slimboard_audits as
  select a.id, (select string_agg(s.name, ';' order by s.name) from audit_source x join source s on s.id = x.source_id where x.audit_id = a.id) as sources,
    a.lane, case when a.status = 'running' and is_abandoned(a.runner, a.heartbeat_at) then 'stopped' else a.status end as status,
    a.stage, a.started_at, a.finished_at,
    round(extract(epoch from coalesce(a.finished_at, a.heartbeat_at) - a.started_at))::int8 as seconds,
    a.repositories_listed, a.tags_listed, a.tags_audited, a.tags_skipped, a.tags_failed,
    (select count(*) from audit_error e where e.audit_id = a.id) as errors, a.requests, a.throttled,
    t.images, t.logical_bytes, t.stored_bytes
  from audit a
  left join lateral (
    select sum(images)::int8 as images, sum(logical_bytes)::int8 as logical_bytes, sum(stored_bytes)::int8 as stored_bytes
    from audit_source x join source_total o on o.source_id = x.source_id
    where x.audit_id = a.id and o.audit_id = coalesce(a.totals_of, a.id)) t on true;

-- Builds made at the same moment follow one another as they were pushed, or as audits first found them; where neither tells,
-- nobody knows which came first, and they are no pair: of those, the first by tag, then by size, follows the build before. A
-- build of several lines, as `1.4` and `latest`, counts once: against the newest build before it in any of them, of equals in
-- that of its first tag.
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
      order by b.created_at nulls first, b.came_at, b.tag, b.compressed_bytes, b.manifest_id)),
  -- One row a source: added up once, however few builds the planner expects.
  ended as materialized (select source, ends from audit_ends),
  nearest as (
    select distinct on (p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id) p.*
    from pair p left join ended e on e.source = p.source
    where p.previous_id is not null and (p.created_at is distinct from p.previous_created_at
      or came_later(p.previous_came_at, p.came_at, p.is_pushed and p.previous_is_pushed, e.ends))
    order by p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id,
      p.previous_created_at desc nulls last, p.previous_came_at desc, p.tag)
  select n.source, n.registry, n.repository, n.team, n.repository_id, n.platform, n.manifest_id, n.digest, n.compressed_bytes, n.created_at,
    n.tag, n.seen_at, n.previous_id, n.previous_digest, n.previous_tag, n.previous_bytes,
    n.compressed_bytes - n.previous_bytes as change_bytes,
    round(100.0 * (n.compressed_bytes - n.previous_bytes) / nullif(n.previous_bytes, 0), 2) as change_percent
  from nearest n where n.compressed_bytes > n.previous_bytes;
