import type { Database, Queryable } from '../database/database.ts';
import { storableJson } from '../database/storable.ts';
import type { Lane, TaskReference } from '../queue/queue.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { type ItemError, recordErrors } from './error-store.ts';
import { hasRows } from './sql/rows.ts';
import { addTasks, type NewTask } from './task-store.ts';

/** The stages of an audit in order; each ends when the audit has no tasks left. An ended audit stays in `deliver`. */
export type AuditStage = 'inventory' | 'layers' | 'assess' | 'close' | 'deliver';
/**
 * How an audit stands or ended. `finished`: without errors; `incomplete`: some items failed; `failed`: it could not go
 * on, or errors left it without any repository.
 */
export type AuditStatus = 'running' | 'finished' | 'incomplete' | 'failed';
/** What runs an audit's tasks: a single process, or workers fed by a queue. */
export type AuditRunner = 'process' | 'queue';

/** The settings an audit was started with, stored so that every worker uses the same ones. Contain no secrets. */
export interface AuditOptions {
  readonly sources: readonly SourceSettings[];
}

/** A row of `audit`. Times are ISO 8601; counts are those of the whole audit, and final once it has ended. */
export interface AuditRow {
  readonly id: number;
  readonly lane: Lane;
  readonly status: AuditStatus;
  readonly stage: AuditStage;
  /** `none`: the process that ran it was stopped. */
  readonly runner: AuditRunner | 'none';
  readonly options: AuditOptions;
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

/** SQL condition: nobody is working on the audit. */
export const ABANDONED = 'is_abandoned(runner, heartbeat_at)';
/**
 * An audit starts after every earlier one has started and ended, whatever the clocks say, so that what it finds is
 * newer.
 */
const STARTED_AT =
  "greatest($3::timestamptz, (select max(greatest(started_at, finished_at)) + interval '1 millisecond' from audit))";

/** What {@link insertAudit} needs to start an audit. */
export interface AuditStart {
  readonly lane: Lane;
  readonly runner: AuditRunner;
  readonly options: AuditOptions;
  readonly sourceIds: readonly number[];
  /** The planned time of a nightly audit, ISO 8601; each slot is audited once per source. */
  readonly slot?: string | undefined;
  readonly tasks: readonly NewTask[];
  readonly now: string;
}

/**
 * Starts an audit with its first tasks.
 * @returns the new audit's id; undefined when one of the sources is being audited, or the slot was started already
 */
export async function insertAudit(tx: Queryable, start: AuditStart): Promise<number | undefined> {
  const [row] = await tx.query<{ id: number }>(
    `insert into audit (lane, status, stage, options, started_at, heartbeat_at, runner)
     values ($1, 'running', 'inventory', $2::jsonb, ${STARTED_AT}, now(), $4) returning id`,
    [start.lane, storableJson(start.options), start.now, start.runner],
  );
  if (!row) throw new Error('an insert returned no row');
  const { id } = row;
  const claimed = await tx.query(
    `insert into audit_source (audit_id, source_id, slot, running) select $1, source_id, $3, true from unnest($2::int4[]) as n (source_id)
     on conflict do nothing returning source_id`,
    [id, start.sourceIds, start.slot ?? null],
  );
  if (claimed.length < start.sourceIds.length) {
    await tx.query('delete from audit where id = $1', [id]);
    return undefined;
  }
  await addTasks(tx, id, start.tasks);
  return id;
}

/** Who resumes unfinished work. */
interface Claim {
  readonly runner: AuditRunner;
  /** True when no other process can be working on it, so that no heartbeat has to be checked. */
  readonly alone: boolean;
}

/**
 * Resumes an audit that nobody is working on.
 * @returns false when it has ended, or somebody is working on it; of several processes that try at once, one gets true
 */
export async function claimAudit(db: Queryable, auditId: number, { runner, alone }: Claim): Promise<boolean> {
  return hasRows(
    db,
    `update audit set runner = $2, heartbeat_at = now() where id = $1 and status = 'running' and ($3 or ${ABANDONED}) returning id`,
    [auditId, runner, alone],
  );
}

/**
 * Claims the pending deliveries of ended audits of these sources, oldest audit first, where a single process ran the
 * audit and was stopped before it delivered. Deliveries of audits that workers run are left to the workers.
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
    [sourceIds, runner, alone],
  );
}

/** Lists the running audits of these sources. `abandoned`: nobody is working on the audit. */
export async function listRunningAudits(
  db: Queryable,
  sourceIds: readonly number[],
): Promise<readonly (AuditRow & { readonly abandoned: boolean })[]> {
  return db.query(
    `select ${AUDIT_COLUMNS}, ${ABANDONED} as abandoned from audit where status = 'running'
       and exists (select 1 from audit_source s where s.audit_id = audit.id and s.source_id = any($1::int4[]) and s.running)
     order by id`,
    [sourceIds],
  );
}

/** Reads one audit. @returns undefined when no audit has this id */
export async function findAudit(db: Queryable, auditId: number): Promise<AuditRow | undefined> {
  const [row] = await db.query<AuditRow>(`select ${AUDIT_COLUMNS} from audit where id = $1`, [auditId]);
  return row;
}

/** Lists the ids of the audits that somebody is working on, newest first. */
export async function listLiveAudits(db: Queryable): Promise<readonly number[]> {
  const rows = await db.query<{ id: number }>(
    `select id from audit where status = 'running' and not ${ABANDONED} order by id desc`,
  );
  return rows.map(({ id }) => id);
}

/** Finds the newest audit that somebody is working on, or the newest one if there is none. */
export async function findNewestAudit(db: Queryable): Promise<AuditRow | undefined> {
  const [row] = await db.query<AuditRow>(
    `select ${AUDIT_COLUMNS} from audit order by (status = 'running' and not ${ABANDONED}) desc, id desc limit 1`,
  );
  return row;
}

/** Lists an audit's sources, ordered by name. */
export async function listAuditSources(
  db: Queryable,
  auditId: number,
): Promise<readonly { readonly id: number; readonly name: string }[]> {
  return db.query(
    'select s.id, s.name from audit_source a join source s on s.id = a.source_id where a.audit_id = $1 order by s.name',
    [auditId],
  );
}

/** Renews the audit's heartbeat, and adds the requests since the last one to its counters. */
export async function recordHeartbeat(
  db: Queryable,
  auditId: number,
  { requests, throttled }: Pick<AuditRow, 'requests' | 'throttled'>,
): Promise<void> {
  await db.query(
    'update audit set heartbeat_at = now(), requests = requests + $2, throttled = throttled + $3 where id = $1',
    [auditId, requests, throttled],
  );
}

/**
 * Records that the process running an audit has stopped, so that the next one can resume it without waiting for the
 * heartbeat to expire.
 */
export async function releaseAudit(db: Queryable, auditId: number): Promise<void> {
  await db.query("update audit set runner = 'none' where id = $1 and runner = 'process'", [auditId]);
}

/** Moves an audit on to its next stage. @returns false when another process did so first, or tasks are left */
export async function advanceStage(tx: Queryable, auditId: number, from: AuditStage, to: AuditStage): Promise<boolean> {
  return hasRows(
    tx,
    `update audit set stage = $3 where id = $1 and stage = $2 and status = 'running'
       and not exists (select 1 from audit_task t where t.audit_id = audit.id) returning id`,
    [auditId, from, to],
  );
}

/**
 * Renews the heartbeat at the end of a long transaction that has locked the audit's row. No heartbeat could be written
 * meanwhile, so a process waiting for that row to resume the audit would take it for abandoned.
 */
export async function renewHeartbeat(tx: Queryable, auditId: number): Promise<void> {
  await tx.query('update audit set heartbeat_at = clock_timestamp() where id = $1', [auditId]);
}

/**
 * Stores how an audit's assess stage began.
 * @param assessKey identifies the rules, and the state of the catalogue, by which it assesses images
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
  return hasRows(tx, 'select 1 from audit where id = $1 and judged_tasks > 0', [auditId]);
}

/**
 * Ends an audit. Its coverage is counted from what is stored, so it is right for an interrupted audit, too. The end is
 * never before anything that the audit found, even if the clock of the worker that found it was ahead of this one's.
 * @param totalsOf the audit whose totals hold for this one: itself, or an earlier one
 * @param now ISO 8601
 * @returns false when it had ended, or was not about to close
 */
export async function finishAudit(tx: Queryable, auditId: number, totalsOf: number, now: string): Promise<boolean> {
  const isFinished = await hasRows(
    tx,
    `with listed as (
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
     where audit.id = $1 and audit.status = 'running' and audit.stage = 'close' returning audit.id`,
    [auditId, totalsOf, now],
  );
  // Once: later errors are those of deliveries.
  await tx.query(
    `update audit_source x set running = false, failed_items = (
       select case when bool_or(e.repository = '') then null else coalesce(md5(string_agg(distinct
         concat_ws('/', e.registry, e.repository, e.tag, case when e.tag = '' then e.digest end), ' ')), '') end
       from audit_error e where e.audit_id = x.audit_id and e.source_id = x.source_id)
     where x.audit_id = $1 and x.running`,
    [auditId],
  );
  return isFinished;
}

/**
 * Ends an audit as failed. What it has stored stays; its open tasks are deleted.
 * @param last the one task that is still to run for this audit
 * @param errors why it failed
 * @returns false when it had ended already
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
