import type { Queryable } from '../database/database.ts';
import type { TaskKey, TaskReference } from '../queue/queue.ts';
import { ABANDONED, type AuditStatus } from './audit-store.ts';
import { hasRows } from './sql/rows.ts';
import { TASK_REFERENCES } from './task-store.ts';

// Audits that workers run through a queue, as opposed to those that one process runs by itself.

const QUEUED = `runner = 'queue'`;

/** Whether workers run an audit: they renew its heartbeat, and enqueue again those of its tasks that the queue lost. */
export async function isHandedToWorkers(db: Queryable, auditId: number): Promise<boolean> {
  return hasRows(db, `select 1 from audit where id = $1 and ${QUEUED}`, [auditId]);
}

/** How an audit stands; `abandoned`: it is running, but its process has ended, and it was not handed to workers. */
export async function findAuditState(db: Queryable, auditId: number): Promise<AuditStatus | 'abandoned' | undefined> {
  const [row] = await db.query<{ state: AuditStatus | 'abandoned' }>(
    `select case when status = 'running' and not ${QUEUED} and ${ABANDONED} then 'abandoned' else status end as state
     from audit where id = $1`,
    [auditId],
  );
  return row?.state;
}

/**
 * Renews the heartbeat of all running audits of workers, including those that wait for a free lane. Rows that are
 * locked are skipped instead of waited for: whoever starts a stage locks its audit's row for as long as that takes, and
 * renews the heartbeat itself.
 */
export async function renewHeartbeats(db: Queryable): Promise<void> {
  await db.query(
    `update audit set heartbeat_at = now()
     where id in (select id from audit where status = 'running' and ${QUEUED} for no key update skip locked)`,
  );
}

const TASKS_PER_PAGE = 1_000;
const OPEN_TASKS = `
  ${TASK_REFERENCES}
  where ${QUEUED} and (t.audit_id, t.key) > ($1, $2)
  order by t.audit_id, t.key
  limit ${TASKS_PER_PAGE}`;

/** Pages through the open tasks of workers' audits. */
export async function* listQueuedTasks(db: Queryable): AsyncGenerator<readonly TaskReference[]> {
  let [auditId, key] = [0, '' as TaskKey];
  for (;;) {
    const page = await db.query<TaskReference>(OPEN_TASKS, [auditId, key]);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < TASKS_PER_PAGE) return;
    ({ auditId, key } = last);
  }
}

/**
 * Lists workers' audits that are running and have no task left: the worker that settled the last task died before it
 * started the next stage.
 */
export async function listStuckAudits(db: Queryable): Promise<readonly number[]> {
  const rows = await db.query<{ id: number }>(
    `select id from audit a
     where status = 'running' and ${QUEUED} and not exists (select 1 from audit_task t where t.audit_id = a.id)`,
  );
  return rows.map(({ id }) => id);
}

const FROM_AUDITS_OF_SOURCES =
  'from audit a join audit_source o on o.audit_id = a.id join source s on s.id = o.source_id';

/**
 * Finds the audit that keeps another one of the source from starting: a running one, else one that was started for the
 * slot.
 * @returns its number, and whether it is the slot's own
 */
export async function findBlockingAudit(
  db: Queryable,
  source: string,
  slot: string | undefined,
): Promise<{ readonly auditId: number; readonly served: boolean } | undefined> {
  const [row] = await db.query<{ auditId: number; served: boolean }>(
    `select a.id as "auditId", coalesce(o.slot = $2::timestamptz, false) as served ${FROM_AUDITS_OF_SOURCES}
     where s.name = $1 and (o.running or o.slot = $2::timestamptz) order by o.running desc limit 1`,
    [source, slot ?? null],
  );
  return row;
}

/**
 * Finds the newest nightly audit of a source. Ad-hoc audits do not count, as they may have covered only a part of it.
 */
export async function findNewestNightly(
  db: Queryable,
  source: string,
): Promise<{ readonly finishedAt: string | null } | undefined> {
  const [row] = await db.query<{ finishedAt: string | null }>(
    `select a.finished_at as "finishedAt" ${FROM_AUDITS_OF_SOURCES}
     where s.name = $1 and a.lane = 'nightly' order by a.id desc limit 1`,
    [source],
  );
  return row;
}

/** The last audit of a source that was finished or incomplete, if there is one, and whether one is running. */
export interface AuditAge {
  readonly source: string;
  /** Since it began. */
  readonly ageSeconds: number | null;
  readonly durationSeconds: number | null;
  readonly running: boolean;
}

/** Reads how long ago the last audit of each source that was finished or incomplete began, and how long it took. */
export async function readAuditAges(db: Queryable): Promise<readonly AuditAge[]> {
  return db.query<AuditAge>(
    `select s.name as source, extract(epoch from now() - ended.started_at)::float8 as "ageSeconds",
       extract(epoch from ended.finished_at - ended.started_at)::float8 as "durationSeconds",
       exists (select 1 from audit_source o where o.source_id = s.id and o.running) as running
     from source s left join lateral (
       select a.started_at, a.finished_at from audit_source o join audit a on a.id = o.audit_id
       where o.source_id = s.id and a.status in ('finished', 'incomplete') order by a.id desc limit 1
     ) ended on true
     order by s.name`,
  );
}
