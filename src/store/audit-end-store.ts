import type { Database, Queryable } from '../database/database.ts';
import { type ItemError, recordErrors } from './error-store.ts';
import { hasRows } from './sql/rows.ts';
import { addTasks, type NewTask } from './task-store.ts';

/**
 * SQL: ends audit $1 at time $3, with the totals of audit $2, and counts its coverage. `listed`: the repositories that it
 * listed; `failed_tag`: the tags with errors; `image_tag` and `failed_of`: how many tags of a repository name images, and
 * how many failed, from which follow the tags `audited`; `failed_listed`: the failed tags that were listed; `newest`: the
 * time of the last thing that the audit found.
 */
const FINISH = `
  with listed as (
    select r.id, r.tags_listed, r.tags_wanted, r.tags_unlisted, r.source_id, r.registry, r.name from repository r where r.listed_by = $1),
  failed_tag as (select distinct source_id, registry, repository, tag from audit_error where audit_id = $1 and tag <> ''),
  failed as (
    select (select count(*)::int from failed_tag) as tags, (select count(*) from audit_error where audit_id = $1) as errors),
  image_tag as (
    select l.id, count(*) as tags from listed l join tag t on t.repository_id = l.id join manifest m on m.id = t.manifest_id
    where t.ended_at is null and t.name is not null and m.kind in ('image', 'index') and not exists (
      select 1 from failed_tag f
      where f.source_id = l.source_id and f.registry = l.registry and f.repository = l.name and f.tag = t.name)
    group by l.id),
  failed_of as (
    select l.id, count(*) as tags from listed l
    join failed_tag f on f.source_id = l.source_id and f.registry = l.registry and f.repository = l.name group by l.id),
  -- Tags that this audit did not ask for may be stored from an earlier one; they do not count.
  audited as (
    select coalesce(sum(least(i.tags, greatest(l.tags_wanted - coalesce(f.tags, 0), 0))), 0)::int as tags
    from listed l join image_tag i on i.id = l.id left join failed_of f on f.id = l.id),
  failed_listed as (
    select coalesce(sum(f.tags - l.tags_unlisted), 0)::int as tags from listed l join failed_of f on f.id = l.id),
  counted as (
    select (select count(*)::int from repository where seen_by = $1) as repositories,
           (select coalesce(sum(tags_listed), 0)::int from listed) as tags),
  newest as (
    select max(greatest(r.first_seen_at, r.ended_at, t.started_at, t.ended_at)) as at
    from audit_source x join repository r on r.source_id = x.source_id
    left join tag t on t.repository_id = r.id and greatest(t.started_at, t.ended_at) > $3 where x.audit_id = $1)
  update audit set stage = 'deliver', finished_at = greatest($3, newest.at), totals_of = $2,
    status = case when failed.errors = 0 then 'finished' when counted.repositories = 0 then 'failed' else 'incomplete' end,
    repositories_listed = counted.repositories, tags_listed = counted.tags, tags_audited = audited.tags, tags_failed = failed.tags,
    tags_skipped = greatest(counted.tags - audited.tags - failed_listed.tags, 0)
  from failed, failed_listed, audited, counted, newest
  where audit.id = $1 and audit.status = 'running' and audit.stage = 'close' returning audit.id`;

/**
 * SQL: releases the sources of audit $1, with a hash of the items of each that failed; null if the source failed as a
 * whole. Only once: later errors are those of deliveries.
 */
const RELEASE_SOURCES = `
  update audit_source x set running = false, failed_items = (
    select case when bool_or(e.repository = '') then null else coalesce(md5(string_agg(distinct
      concat_ws('/', e.registry, e.repository, e.tag, case when e.tag = '' then e.digest end), ' ')), '') end
    from audit_error e where e.audit_id = x.audit_id and e.source_id = x.source_id)
  where x.audit_id = $1 and x.running`;

/**
 * Ends an audit. Its coverage is counted from what is stored, so it is right for an interrupted audit, too. The end is
 * never before anything that the audit found, even if the clock of the worker that found it was ahead of this one's.
 * @param totalsOf the audit whose totals hold for this one: itself, or an earlier one
 * @param now ISO 8601
 * @returns false when it had ended, or was not about to close
 */
export async function finishAudit(tx: Queryable, auditId: number, totalsOf: number, now: string): Promise<boolean> {
  const isFinished = await hasRows(tx, FINISH, [auditId, totalsOf, now]);
  await tx.query(RELEASE_SOURCES, [auditId]);
  return isFinished;
}

/** How an audit fails. */
export interface AuditFailure {
  /** Why. */
  readonly errors: readonly ItemError[];
  /** The one task that is still to run for it. */
  readonly last: NewTask;
  /** ISO 8601. */
  readonly now: string;
}

/**
 * Ends an audit as failed. What it has stored stays; its open tasks are deleted.
 * @returns false when it had ended already
 */
export async function failAudit(db: Database, auditId: number, { errors, last, now }: AuditFailure): Promise<boolean> {
  return db.transaction(async (tx) => {
    const ended = await tx.query(
      `update audit set status = 'failed', stage = 'deliver', finished_at = greatest($2::timestamptz, started_at)
       where id = $1 and status = 'running' returning id`,
      [auditId, now],
    );
    if (ended.length === 0) return false;
    await recordErrors(tx, auditId, errors, now);
    await tx.query('delete from audit_task where audit_id = $1', [auditId]);
    await tx.query('update audit_source set running = false where audit_id = $1', [auditId]);
    await addTasks(tx, auditId, [last]);
    return true;
  });
}
