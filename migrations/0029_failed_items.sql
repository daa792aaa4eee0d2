-- Growth between audits in which the same items failed: one tag that fails every night, or a tag of another source, ended it for good.
-- Safe on a live system: adds a column without values, and replaces a view by one of the same columns and one more.

-- Which items of the source the audit did not read: empty if none failed, else a hash of their names; null if the source itself
-- failed, and for audits before this migration.
alter table audit_source add column failed_items text;

-- One row an audit and source. totals_of: the audit whose totals hold for this one; previous_totals_of: those of the
-- audit before with the same coverage, in which the same items failed; null when there is none.
create or replace view slimboard_source_audits as
  with done as (
    select a.id as audit_id, x.source_id, s.name as source, a.status, a.options, a.started_at, a.finished_at,
           coalesce(a.totals_of, a.id) as totals_of, coverage(a.options, s.name) as coverage,
           coalesce(x.failed_items, case when a.status = 'finished' then '' end) as failed_items
    from audit a join audit_source x on x.audit_id = a.id join source s on s.id = x.source_id
    where a.status in ('finished', 'incomplete'))
  select audit_id, source_id, source, status, options, started_at, finished_at, totals_of,
    case when failed_items is not null then lag(audit_id) over same end as previous_audit_id,
    case when failed_items is not null then lag(totals_of) over same end as previous_totals_of,
    audit_id = max(audit_id) over (partition by source_id) as newest, coverage, failed_items
  from done window same as (partition by source_id, coverage, failed_items order by audit_id);
