import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../database/database.ts';
import { SettingsError } from '../errors.ts';
import type { Lane, TaskReference } from '../queue/queue.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { failAudit } from '../store/audit-end-store.ts';
import {
  type AuditRow,
  type AuditRunner,
  type AuditStart,
  type ClaimedAudit,
  claimAudit,
  claimLeftDeliveries,
  insertAudit,
  listRunningAudits,
} from '../store/audit-store.ts';
import type { ItemError } from '../store/error-store.ts';
import { findOrMakeSource, updateSource } from '../store/source-store.ts';
import { listOpenTasks } from '../store/task-store.ts';
import { referenceTo, singleTask, sourceTask } from './task-payloads.ts';

/** Which audit to start, and who does its tasks. */
export interface StartOptions {
  /** Distinct. */
  readonly sources: readonly SourceSettings[];
  readonly lane: Lane;
  /** Whether this process or the workers do the audit's tasks. */
  readonly runner: AuditRunner;
  /** The planned time of a nightly audit, ISO 8601. */
  readonly slot?: string | undefined;
  /**
   * Whether only this process can be auditing, as with the embedded database: then an unfinished audit of these sources
   * was killed. On Postgres, it is abandoned if it was marked as stopped, or gave no sign of life for a minute.
   */
  readonly alone: boolean;
  /** ISO 8601. */
  readonly now: string;
}

/**
 * A started audit. `resumed`: it continues one that was killed. Its tasks begin with the `deliver` tasks of earlier
 * audits: those that were ended in its favour, and those that were stopped before everything was delivered.
 */
export interface StartedAudit extends ClaimedAudit {
  readonly resumed: boolean;
  readonly tasks: readonly TaskReference[];
}

/**
 * Starts an audit, or resumes the one of the same sources and settings that was killed.
 * @returns undefined if one of the sources is being audited, or the slot's audit was started already
 * @throws SettingsError if there is no source
 */
export async function startAudit(db: Database, options: StartOptions): Promise<StartedAudit | undefined> {
  const { sources } = options;
  if (sources.length === 0)
    throw new SettingsError(
      'there is nothing to audit: name a registry, as in "slimboard audit HOST", or write sources into slimboard.yaml',
    );
  // Always in the same order: two audits that start at the same time must not deadlock.
  const sorted = sources.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const ids = await db.transaction((tx) => Promise.all(sorted.map((source) => findOrMakeSource(tx, source))));
  const running = await listRunningAudits(db, ids);
  if (!options.alone && running.some(({ abandoned }) => !abandoned)) return undefined;
  const leftDeliveries = await claimLeftDeliveries(db, ids, options);
  const claimed = await claimAbandoned(db, running, sources, options);
  if (!claimed) return undefined;
  const auditId = await db.transaction(async (tx) => {
    const id = claimed.resumed?.auditId ?? (await insertAudit(tx, newAudit(sources, ids, options)));
    // Not before: until the audit has its sources another running audit depends on what is stored of them.
    if (id !== undefined) await Promise.all(sorted.map((source) => updateSource(tx, source)));
    return id;
  });
  if (auditId === undefined) return undefined;
  const tasks = [...leftDeliveries, ...claimed.ended, ...(await listOpenTasks(db, auditId))];
  return { auditId, claims: claimed.resumed?.claims ?? 0, resumed: claimed.resumed !== undefined, tasks };
}

function newAudit(
  sources: readonly SourceSettings[],
  sourceIds: readonly number[],
  { lane, runner, now, slot }: StartOptions,
): AuditStart {
  const tasks = sources.map(({ name }) => sourceTask(name));
  return { lane, runner, options: { sources }, sourceIds, tasks, now, slot };
}

interface Abandoned {
  readonly resumed: ClaimedAudit | undefined;
  /** The `deliver` tasks of audits that were ended. */
  readonly ended: readonly TaskReference[];
}

/**
 * Claims the abandoned audits: the one of exactly these sources and settings is resumed, of which there is at most one,
 * because a source is in one running audit at most; the others are ended.
 * @returns undefined if another process has claimed one of them
 */
async function claimAbandoned(
  db: Database,
  running: readonly AuditRow[],
  sources: readonly SourceSettings[],
  options: StartOptions,
): Promise<Abandoned | undefined> {
  // As the database returns it: without undefined fields.
  const wanted: unknown = JSON.parse(JSON.stringify(sources));
  let resumed: ClaimedAudit | undefined;
  const ended: TaskReference[] = [];
  for (const audit of running) {
    const claimed = await claimAudit(db, audit.id, options);
    if (!claimed) return undefined;
    const same = audit.lane === options.lane && isDeepStrictEqual(audit.options.sources, wanted);
    if (same) resumed = claimed;
    // In the audit's own lane, where the sweeper looks for its tasks.
    else ended.push(...(await endAsFailed(db, audit, options.now)));
  }
  return { resumed, ended };
}

/** Ends an audit as failed. @returns its `deliver` task, which reports the failure; nothing if it had ended already */
export async function endAsFailed(
  db: Database,
  { id, lane }: Pick<AuditRow, 'id' | 'lane'>,
  now: string,
  errors: readonly ItemError[] = [],
): Promise<readonly TaskReference[]> {
  const deliver = singleTask('deliver');
  if (!(await failAudit(db, id, { errors, last: deliver, now }))) return [];
  return [referenceTo(deliver, { auditId: id, lane })];
}
