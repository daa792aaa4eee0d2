import type { Lane, TaskKey, TaskReference } from '../queue/queue.ts';
import type { Queryable } from './database.ts';

// Audits that workers do, as opposed to those that one process runs by itself.

const QUEUED = `runner = 'queue'`;

/** Whether workers do an audit: they keep it alive, and put back what the queue loses of it. */
export async function isHandedToWorkers(db: Queryable, auditId: number): Promise<boolean> {
  return (await db.query(`select 1 from audit where id = $1 and ${QUEUED}`, [auditId])).length > 0;
}

/**
 * Tells that workers are there for their audits, those that wait for a free lane included. A row that is locked is left
 * out: whoever begins a stage has it for as long as that takes, and tells by itself; the others need not wait for it.
 */
export async function keepAlive(db: Queryable): Promise<void> {
  await db.query(
    `update audit set heartbeat_at = now()
     where id in (select id from audit where status = 'running' and ${QUEUED} for no key update skip locked)`,
  );
}

const OPEN_TASKS = `
  select t.audit_id as "auditId", t.kind, t.key, a.lane
  from audit_task t join audit a on a.id = t.audit_id
  where ${QUEUED} and (t.audit_id, t.key) > ($1, $2)
  order by t.audit_id, t.key
  limit $3`;

/** The tasks of workers' audits that are not settled, in pages. */
export async function* listQueuedTasks(db: Queryable, pageSize = 1_000): AsyncGenerator<readonly TaskReference[]> {
  let [auditId, key] = [0, '' as TaskKey];
  for (;;) {
    const page = await db.query<TaskReference>(OPEN_TASKS, [auditId, key, pageSize]);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    ({ auditId, key } = last);
  }
}

/** Workers' audits that are under way and have no task left: whoever settled the last one died before the next stage. */
export async function listStuckAudits(
  db: Queryable,
): Promise<readonly { readonly auditId: number; readonly lane: Lane }[]> {
  return db.query(
    `select id as "auditId", lane from audit a
     where status = 'running' and ${QUEUED} and not exists (select 1 from audit_task t where t.audit_id = a.id)`,
  );
}

const OF_SOURCE = 'from audit a join audit_source o on o.audit_id = a.id join source s on s.id = o.source_id';

/** The audit that keeps another of the source from starting: one under way, else the one that served the slot. */
export async function findObstacle(
  db: Queryable,
  source: string,
  slot: string | undefined,
): Promise<{ readonly auditId: number; readonly running: boolean } | undefined> {
  const [row] = await db.query<{ auditId: number; running: boolean }>(
    `select a.id as "auditId", o.running ${OF_SOURCE}
     where s.name = $1 and (o.running or o.slot = $2::timestamptz) order by o.running desc limit 1`,
    [source, slot ?? null],
  );
  return row;
}

/** The newest scheduled audit of a source; an ad-hoc one may have read a part of it only. */
export async function findNewestNightly(
  db: Queryable,
  source: string,
): Promise<{ readonly startedAt: string; readonly finishedAt: string | null } | undefined> {
  const [row] = await db.query<{ startedAt: string; finishedAt: string | null }>(
    `select a.started_at as "startedAt", a.finished_at as "finishedAt" ${OF_SOURCE}
     where s.name = $1 and a.lane = 'nightly' order by a.id desc limit 1`,
    [source],
  );
  return row;
}

/** When the last audit of each source that ended well began, and how long it took. */
export async function readAuditAges(db: Queryable): Promise<
  readonly {
    readonly source: string;
    readonly startedAt: string | null;
    readonly durationSeconds: number | null;
    readonly running: boolean;
  }[]
> {
  return db.query<{
    source: string;
    startedAt: string | null;
    durationSeconds: number | null;
    running: boolean;
  }>(
    `select s.name as source, ended.started_at as "startedAt",
       extract(epoch from ended.finished_at - ended.started_at)::float8 as "durationSeconds",
       exists (select 1 from audit_source o where o.source_id = s.id and o.running) as running
     from source s left join lateral (
       select a.started_at, a.finished_at from audit_source o join audit a on a.id = o.audit_id
       where o.source_id = s.id and a.status in ('finished', 'incomplete') order by a.id desc limit 1
     ) ended on true
     order by s.name`,
  );
}
