-- Audits that stopped without an end: in slimboard_audits they were running for ever.
-- Safe on a live system: creates a function, and replaces a view by one of the same columns.

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
