-- What history compares: builds whose order is known, and audits that cover the same.
-- Safe on a live system: creates a function, and replaces views by ones of the same columns, and one more.

-- Builds made at the same moment follow one another as they were pushed, or first seen; where neither tells, nobody knows
-- which came first, and they are no pair. A build of several lines, as `1.4` and `latest`, counts once: against the newest
-- build before it in any of them.
create or replace view grown_build as
  with build as (
    select h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      min(h.tag) as tag, min(h.first_seen_at) as seen_at, min(coalesce(h.pushed_at, h.first_seen_at)) as came_at, tag_line(h.tag) as line
    from slimboard_image_history h where h.kind = 'image' and h.tag <> ''
    group by h.source, h.registry, h.repository, h.team, h.repository_id, h.platform, h.manifest_id, h.digest, h.compressed_bytes, h.created_at,
      tag_line(h.tag)),
  pair as (
    select b.*, lag(b.manifest_id) over w as previous_id, lag(b.digest) over w as previous_digest, lag(b.tag) over w as previous_tag,
      lag(b.compressed_bytes) over w as previous_bytes, lag(b.created_at) over w as previous_created_at, lag(b.came_at) over w as previous_came_at
    -- All that names the repository, here and below: conditions on it are then looked up, not compared with every build.
    from build b window w as (
      partition by b.source, b.registry, b.repository, b.team, b.repository_id, b.platform, b.line
      order by b.created_at nulls first, b.came_at, b.manifest_id)),
  nearest as (
    select distinct on (p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id) p.*
    from pair p where p.previous_id is not null and (p.created_at is distinct from p.previous_created_at or p.came_at > p.previous_came_at)
    order by p.source, p.registry, p.repository, p.team, p.repository_id, p.platform, p.manifest_id,
      p.previous_created_at desc nulls last, p.previous_came_at desc, p.previous_id desc, p.tag)
  select n.source, n.registry, n.repository, n.team, n.repository_id, n.platform, n.manifest_id, n.digest, n.compressed_bytes, n.created_at,
    n.tag, n.seen_at, n.previous_id, n.previous_digest, n.previous_tag, n.previous_bytes,
    n.compressed_bytes - n.previous_bytes as change_bytes,
    round(100.0 * (n.compressed_bytes - n.previous_bytes) / nullif(n.previous_bytes, 0), 2) as change_percent
  from nearest n where n.compressed_bytes > n.previous_bytes;

-- What an audit covered of a source, of its options: the settings that say which images it finds, and what counts as stored
-- once. How fast, when or by which way it read them are none of that, nor are its other sources.
create function coverage(options jsonb, source text) returns jsonb language sql immutable as $$
  select coalesce(jsonb_object_agg(key, value), '{}')
  from jsonb_each(jsonb_path_query_first(options, '$.sources[*] ? (@.name == $name)', jsonb_build_object('name', source)))
  where key in ('kind', 'registry', 'account', 'regions', 'repositories', 'include', 'exclude', 'tags', 'newest', 'platforms', 'provenance', 'dedup') $$;

-- One row an audit and source. totals_of: the audit whose totals hold for this one; previous_totals_of: those of the
-- audit before with the same coverage (both without errors), null when there is none.
create or replace view slimboard_source_audits as
  with done as (
    select a.id as audit_id, x.source_id, s.name as source, a.status, a.options, a.started_at, a.finished_at,
           coalesce(a.totals_of, a.id) as totals_of, coverage(a.options, s.name) as coverage
    from audit a join audit_source x on x.audit_id = a.id join source s on s.id = x.source_id
    where a.status in ('finished', 'incomplete'))
  select audit_id, source_id, source, status, options, started_at, finished_at, totals_of,
    case when status = 'finished' then lag(audit_id) over same end as previous_audit_id,
    case when status = 'finished' then lag(totals_of) over same end as previous_totals_of,
    audit_id = max(audit_id) over (partition by source_id) as newest, coverage
  from done window same as (partition by source_id, status, coverage order by audit_id);
