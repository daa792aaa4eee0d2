import type { Queryable } from '../database/database.ts';
import { storableJson } from '../database/storable.ts';
import type { Lane, TaskReference } from '../queue/queue.ts';
import type { SourceSettings } from '../settings/settings.ts';
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
/** SQL assignments: a process takes the audit over, to do its tasks as the runner $2. */
const CLAIM = 'runner = $2, heartbeat_at = now(), claims = claims + 1';
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
interface Claimant {
  readonly runner: AuditRunner;
  /** True when no other process can be working on it, so that no heartbeat has to be checked. */
  readonly alone: boolean;
}

/** An audit as a process has it in hand. */
export interface ClaimedAudit {
  readonly auditId: number;
  /** How often the audit had been taken over by then, by this process included. */
  readonly claims: number;
}

/**
 * Resumes an audit that nobody is working on.
 * @returns undefined when it has ended, or somebody is working on it; of several processes that try at once, one gets it
 */
export async function claimAudit(
  db: Queryable,
  auditId: number,
  { runner, alone }: Claimant,
): Promise<ClaimedAudit | undefined> {
  const [claimed] = await db.query<ClaimedAudit>(
    `update audit set ${CLAIM} where id = $1 and status = 'running' and ($3 or ${ABANDONED}) returning id as "auditId", claims`,
    [auditId, runner, alone],
  );
  return claimed;
}

/**
 * Claims the pending deliveries of ended audits of these sources, oldest audit first, where a single process ran the
 * audit and was stopped before it delivered. Deliveries of audits that workers run are left to the workers.
 */
export async function claimLeftDeliveries(
  db: Queryable,
  sourceIds: readonly number[],
  { runner, alone }: Claimant,
): Promise<readonly TaskReference[]> {
  return db.query<TaskReference>(
    `with claimed as (
       update audit a set ${CLAIM}
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

/**
 * Renews the audit's heartbeat, and adds the requests since the last one to its counters. An audit that another process took
 * over and then released is not abandoned: the process from which it was taken goes on with it.
 */
export async function recordHeartbeat(
  db: Queryable,
  auditId: number,
  { requests, throttled }: Pick<AuditRow, 'requests' | 'throttled'>,
): Promise<void> {
  await db.query(
    `update audit set heartbeat_at = now(), requests = requests + $2, throttled = throttled + $3,
       runner = case runner when 'none' then 'process' else runner end
     where id = $1`,
    [auditId, requests, throttled],
  );
}

/**
 * Records that the process running an audit has stopped, so that the next one can resume it without waiting for the
 * heartbeat to expire. Does nothing if another process has taken the audit over.
 */
export async function releaseAudit(db: Queryable, { auditId, claims }: ClaimedAudit): Promise<void> {
  await db.query("update audit set runner = 'none' where id = $1 and claims = $2", [auditId, claims]);
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
