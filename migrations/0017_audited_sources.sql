-- What an audit found stored, of its own sources: the totals that hold for it may be of an audit of more sources.
-- Safe on a live system: replaces a view by one of the same columns.

create or replace view slimboard_audits as
  select a.id, (select string_agg(s.name, ';' order by s.name) from audit_source x join source s on s.id = x.source_id where x.audit_id = a.id) as sources,
    a.lane, a.status, a.stage, a.started_at, a.finished_at,
    round(extract(epoch from coalesce(a.finished_at, a.heartbeat_at) - a.started_at))::int8 as seconds,
    a.repositories_listed, a.tags_listed, a.tags_audited, a.tags_skipped, a.tags_failed,
    (select count(*) from audit_error e where e.audit_id = a.id) as errors, a.requests, a.throttled,
    t.images, t.logical_bytes, t.stored_bytes
  from audit a
  left join lateral (
    select sum(images)::int8 as images, sum(logical_bytes)::int8 as logical_bytes, sum(stored_bytes)::int8 as stored_bytes
    from audit_source x join source_total o on o.source_id = x.source_id
    where x.audit_id = a.id and o.audit_id = coalesce(a.totals_of, a.id)) t on true;
