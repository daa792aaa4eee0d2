import type { Lane, TaskReference } from '../queue/queue.ts';
import type { Database, Queryable } from './database.ts';
import { type ItemError, recordErrors } from './error-store.ts';
import { storableJson } from './storable.ts';
import { addTasks, type NewTask } from './task-store.ts';

/** Where an audit stands; each stage ends when it has no task left. */
export type AuditStage = 'inventory' | 'layers' | 'assess' | 'close' | 'deliver' | 'done';
export type AuditStatus = 'running' | 'finished' | 'incomplete' | 'failed';
/** Who does an audit's tasks: one process by itself, or workers through a queue. */
export type AuditRunner = 'process' | 'queue';

export interface AuditRow {
  readonly id: number;
  readonly lane: Lane;
  readonly status: AuditStatus;
  readonly stage: AuditStage;
  /** `none`: its process was stopped. */
  readonly runner: AuditRunner | 'none';
  readonly options: unknown;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly repositoriesListed: number;
  readonly tagsListed: number;
  readonly tagsAudited: number;
  readonly tagsSkipped: number;
  readonly tagsFailed: number;
  readonly requests: number;
  readonly throttled: number;
}

const AUDIT_COLUMNS = `id, lane, status, stage, runner, options, started_at as "startedAt", finished_at as "finishedAt",
  repositories_listed as "repositoriesListed", tags_listed as "tagsListed", tags_audited as "tagsAudited",
  tags_skipped as "tagsSkipped", tags_failed as "tagsFailed", requests, throttled`;

/**
 * Nobody works on the audit: its process was told to stop (`none`), or its last sign of life is more than a minute old (it
 * was killed) or in the future (it was killed before the clock was set back). The database's own clock counts: those of
 * several machines differ.
 */
const ABANDONED =
  "(runner = 'none' or heartbeat_at not between now() - interval '60 seconds' and now() + interval '60 seconds')";
/** No audit begins before the end of another one, whatever clocks say: what it finds is newer. */
const STARTED_AT =
  "greatest($3::timestamptz, (select max(greatest(started_at, finished_at)) + interval '1 millisecond' from audit))";

export interface AuditStart {
  readonly lane: Lane;
  readonly runner: AuditRunner;
  readonly options: object;
  readonly sourceIds: readonly number[];
  /** The planned time of a nightly audit, ISO 8601: each starts once. */
  readonly slot?: string;
  readonly tasks: readonly NewTask[];
  readonly now: string;
}

/** @returns the new audit's id; undefined when one of the sources is being audited, or the slot was started already */
export async function insertAudit(tx: Queryable, start: AuditStart): Promise<number | undefined> {
  const [row] = await tx.query<{ id: number }>(
    `insert into audit (lane, status, stage, options, started_at, heartbeat_at, runner)
     values ($1, 'running', 'inventory', $2::jsonb, ${STARTED_AT}, now(), $4) returning id`,
    [start.lane, storableJson(start.options), start.now, start.runner],
  );
  if (!row) throw new Error('an insert returned no row');
  const { id } = row;
  const taken = await tx.query(
    `insert into audit_source (audit_id, source_id, slot, running) select $1, source_id, $3, true from unnest($2::int4[]) as n (source_id)
     on conflict do nothing returning source_id`,
    [id, [...start.sourceIds], start.slot ?? null],
  );
  if (taken.length < start.sourceIds.length) {
    await tx.query('delete from audit where id = $1', [id]);
    return undefined;
  }
  await addTasks(tx, id, start.tasks);
  return id;
}

/** Who takes up what was left undone. */
interface Claim {
  readonly runner: AuditRunner;
  /** Whether no other process can be at it. */
  readonly alone: boolean;
}

/**
 * Takes up an audit that nobody does any more.
 * @returns false when it has ended, or somebody does it: of several who would take it up, one does
 */
export async function claimAudit(db: Queryable, auditId: number, { runner, alone }: Claim): Promise<boolean> {
  const claimed = await db.query(
    `update audit set runner = $2, heartbeat_at = now() where id = $1 and status = 'running' and ($3 or ${ABANDONED}) returning id`,
    [auditId, runner, alone],
  );
  return claimed.length > 0;
}

/**
 * Takes up what is left to deliver of some sources' audits that have ended, in their order: those of one process, which
 * was stopped meanwhile. What workers deliver is for them to go on with.
 */
export async function claimLeftDeliveries(
  db: Queryable,
  sourceIds: readonly number[],
  { runner, alone }: Claim,
): Promise<readonly TaskReference[]> {
  return db.query<TaskReference>(
    `with claimed as (
       update audit a set runner = $2, heartbeat_at = now()
       where status <> 'running' and runner <> 'queue' and ($3 or ${ABANDONED})
         and exists (select 1 from audit_source s where s.audit_id = a.id and s.source_id = any($1::int4[]))
         and exists (select 1 from audit_task t where t.audit_id = a.id and t.kind = 'deliver')
       returning id, lane)
     select t.audit_id as "auditId", t.kind, t.key, c.lane from claimed c join audit_task t on t.audit_id = c.id
     where t.kind = 'deliver' order by c.id`,
    [[...sourceIds], runner, alone],
  );
}

/** The running audits of some sources. `abandoned`: run by a process that shows no sign of life. */
export async function listRunningAudits(
  db: Queryable,
  sourceIds: readonly number[],
): Promise<readonly (AuditRow & { readonly sourceIds: readonly number[]; readonly abandoned: boolean })[]> {
  return db.query(
    `select ${AUDIT_COLUMNS}, ${ABANDONED} as abandoned,
       (select array_agg(s.source_id order by s.source_id) from audit_source s where s.audit_id = audit.id) as "sourceIds"
     from audit where status = 'running'
       and exists (select 1 from audit_source s where s.audit_id = audit.id and s.source_id = any($1::int4[]) and s.running)
     order by id`,
    [[...sourceIds]],
  );
}

/** @returns undefined when there is no audit of this number */
export async function findAudit(db: Queryable, auditId: number): Promise<AuditRow | undefined> {
  const [row] = await db.query<AuditRow>(`select ${AUDIT_COLUMNS} from audit where id = $1`, [auditId]);
  return row;
}

/** The newest audit, a running one first. */
export async function findNewestAudit(db: Queryable): Promise<AuditRow | undefined> {
  const [row] = await db.query<AuditRow>(
    `select ${AUDIT_COLUMNS} from audit order by (status = 'running') desc, id desc limit 1`,
  );
  return row;
}

/** An audit's sources, by name. */
export async function listAuditSources(
  db: Queryable,
  auditId: number,
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  return db.query(
    'select s.id, s.name from audit_source a join source s on s.id = a.source_id where a.audit_id = $1 order by s.name',
    [auditId],
  );
}

/** Tells that the audit is being worked on, and adds to its counters. */
export async function recordProgress(
  db: Queryable,
  auditId: number,
  delta: { requests: number; throttled: number },
): Promise<void> {
  await db.query(
    'update audit set heartbeat_at = now(), requests = requests + $2, throttled = throttled + $3 where id = $1',
    [auditId, delta.requests, delta.throttled],
  );
}

/** Notes that the process that did an audit does no more of it: the next one need not wait until it seems dead. */
export async function leaveAudit(db: Queryable, auditId: number): Promise<void> {
  await db.query("update audit set runner = 'none' where id = $1 and runner = 'process'", [auditId]);
}

/** Moves an audit on to its next stage. @returns false when somebody else did, or tasks are left */
export async function advanceStage(tx: Queryable, auditId: number, from: AuditStage, to: AuditStage): Promise<boolean> {
  const rows = await tx.query(
    `update audit set stage = $3 where id = $1 and stage = $2 and status = 'running'
       and not exists (select 1 from audit_task t where t.audit_id = audit.id) returning id`,
    [auditId, from, to],
  );
  return rows.length > 0;
}

/**
 * Tells at the end of a long transaction that holds an audit's row that the audit goes on: no sign of life came through
 * meanwhile, and to whoever waits for the row to take it up it would seem abandoned.
 */
export async function tellAlive(tx: Queryable, auditId: number): Promise<void> {
  await tx.query('update audit set heartbeat_at = clock_timestamp() where id = $1', [auditId]);
}

/**
 * Stores how an audit's assess stage began.
 * @param assessKey identifies the rules and the known bases by which it assesses images
 * @param tasks how many tasks the stage has; 0 if all assessments were up to date
 */
export async function recordAssessStage(
  tx: Queryable,
  auditId: number,
  assessKey: string,
  tasks: number,
): Promise<void> {
  await tx.query('update audit set rules_key = $2, judged_tasks = $3 where id = $1', [auditId, assessKey, tasks]);
}

/** Forgets the key, because not all images were assessed: a later audit must look for them even if nothing has changed. */
export async function forgetAssessKey(tx: Queryable, auditId: number): Promise<void> {
  await tx.query('update audit set rules_key = null where id = $1', [auditId]);
}

/** Whether the assess stage of an audit had tasks. */
export async function hasAssessTasks(tx: Queryable, auditId: number): Promise<boolean> {
  return (await tx.query('select 1 from audit where id = $1 and judged_tasks > 0', [auditId])).length > 0;
}

/**
 * Ends an audit that cannot go on; what it stored stays.
 * @param last what is still to do about it
 * @param errors why
 * @returns false when it has ended already
 */
export async function failAudit(
  db: Database,
  auditId: number,
  last: NewTask,
  now: string,
  errors: readonly ItemError[],
): Promise<boolean> {
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
