import { isDeepStrictEqual } from 'node:util';
import { SettingsError } from '../errors.ts';
import type { Lane, TaskReference } from '../queue/queue.ts';
import type { SourceSettings } from '../settings/settings.ts';
import {
  type AuditRow,
  type AuditRunner,
  type AuditStart,
  claimAudit,
  claimLeftDeliveries,
  failAudit,
  insertAudit,
  listRunningAudits,
} from '../store/audit-store.ts';
import type { Database, Queryable } from '../store/database.ts';
import type { ItemError } from '../store/error-store.ts';
import { findOrMakeSource, updateSource } from '../store/inventory-store.ts';
import { listOpenTasks } from '../store/task-store.ts';
import type { AuditOptions } from './plan.ts';
import { singleTask, sourceTask } from './task-payloads.ts';

export interface StartOptions {
  /** Each once. */
  readonly sources: readonly SourceSettings[];
  readonly lane: Lane;
  /** Who is to do its tasks. */
  readonly runner: AuditRunner;
  /** The planned time of a nightly audit, ISO 8601. */
  readonly slot?: string;
  /**
   * Whether an unfinished audit of these sources must be a killed one: the embedded database has one process. On
   * Postgres an audit tells that it was stopped, or a minute's silence that it was killed.
   */
  readonly alone: boolean;
  readonly now: string;
}

/**
 * A started audit; `resumed` when it goes on where a killed one stopped. Its tasks begin with those that tell of earlier
 * audits: of those that were ended for it, and of those whose process was stopped before all was delivered.
 */
export interface StartedAudit {
  readonly auditId: number;
  readonly resumed: boolean;
  readonly tasks: readonly TaskReference[];
}

/**
 * Starts an audit, or takes up the one that was killed.
 * @returns undefined when one of the sources is being audited now, or the slot was started already
 * @throws SettingsError when there is no source
 */
export async function startAudit(db: Database, options: StartOptions): Promise<StartedAudit | undefined> {
  const { sources } = options;
  if (sources.length === 0) {
    throw new SettingsError(
      'there is nothing to audit: name a registry, as in "slimboard audit HOST", or write sources into slimboard.yaml',
    );
  }
  // In one order: two audits that start at once must not wait for one another.
  const sorted = [...sources].sort((a, b) => (a.name < b.name ? -1 : 1));
  const ids = await db.transaction((tx) => Promise.all(sorted.map((source) => findOrMakeSource(tx, source))));
  const running = await listRunningAudits(db, ids);
  if (!options.alone && running.some(({ abandoned }) => !abandoned)) return undefined;
  const left = await claimLeftDeliveries(db, ids, options);
  const claimed = await claimAbandoned(db, running, sources, options);
  if (!claimed) return undefined;
  const auditId = await db.transaction(async (tx) => {
    const id = claimed.resumed ?? (await insertAudit(tx, newAudit(sources, ids, options)));
    if (id !== undefined) await updateSources(tx, sorted);
    return id;
  });
  if (auditId === undefined) return undefined;
  const tasks = [...left, ...claimed.ended, ...(await listOpenTasks(db, auditId))];
  return { auditId, resumed: claimed.resumed !== undefined, tasks };
}

function newAudit(
  sources: readonly SourceSettings[],
  sourceIds: readonly number[],
  { lane, runner, now, slot }: StartOptions,
): AuditStart {
  const options: AuditOptions = { sources };
  const tasks = sources.map(({ name }) => sourceTask(name));
  return { lane, runner, options, sourceIds, tasks, now, ...(slot ? { slot } : {}) };
}

/** Not before an audit has its sources: another one of theirs, still under way, counts by what they say. */
async function updateSources(tx: Queryable, sources: readonly SourceSettings[]): Promise<void> {
  await Promise.all(sources.map((source) => updateSource(tx, source)));
}

interface Abandoned {
  readonly resumed: number | undefined;
  /** What is to be done about those that were ended. */
  readonly ended: readonly TaskReference[];
}

/**
 * Takes up a killed audit of just these sources and options; others that were killed are ended.
 * @returns undefined when somebody else has taken one up
 */
async function claimAbandoned(
  db: Database,
  running: readonly AuditRow[],
  sources: readonly SourceSettings[],
  options: StartOptions,
): Promise<Abandoned | undefined> {
  // As the database gives it back: without undefined fields, keys in any order.
  const wanted: unknown = JSON.parse(JSON.stringify(sources));
  let resumed: number | undefined;
  const ended: TaskReference[] = [];
  for (const audit of running) {
    if (!(await claimAudit(db, audit.id, options))) return undefined;
    const same = audit.lane === options.lane && isDeepStrictEqual((audit.options as AuditOptions).sources, wanted);
    if (same && resumed === undefined) resumed = audit.id;
    else ended.push(...(await endAsFailed(db, audit.id, options)));
  }
  return { resumed, ended };
}

/** Ends an audit that cannot go on, once. @returns the task that tells whoever wants to hear of failures */
export async function endAsFailed(
  db: Database,
  auditId: number,
  { lane, now }: Pick<StartOptions, 'lane' | 'now'>,
  errors: readonly ItemError[] = [],
): Promise<readonly TaskReference[]> {
  const deliver = singleTask('deliver');
  if (!(await failAudit(db, auditId, deliver, now, errors))) return [];
  return [{ auditId, kind: deliver.kind, key: deliver.key, lane }];
}
