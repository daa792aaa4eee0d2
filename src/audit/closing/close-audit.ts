import type { Queryable } from '../../database/database.ts';
import { asItemFailure, SlimboardError } from '../../errors.ts';
import type { DedupScope } from '../../registry/registry.ts';
import type { PolicySettings } from '../../settings/settings.ts';
import { finishAudit } from '../../store/audit-end-store.ts';
import { findAudit, hasAssessTasks } from '../../store/audit-store.ts';
import { saveDedupScope } from '../../store/source-store.ts';
import { addTasks, settleTask } from '../../store/task-store.ts';
import { wereAssessedSince } from '../../store/totals/assessed-images.ts';
import { findGoalsKey } from '../../store/totals/goal-store.ts';
import { computeTotals } from '../../store/totals/totals-store.ts';
import { findUnchangedSince } from '../../store/totals/unchanged-since.ts';
import type { Audit } from '../audit.ts';
import type { AuditContext, Work } from '../context.ts';
import { referenceTo, singleTask } from '../task-payloads.ts';
import { assignTeams } from './assign-teams.ts';
import { followGoals, goalsKey } from './follow-goals.ts';
import { recogniseImprovements } from './recognise-improvements.ts';

type DedupScopes = ReadonlyMap<number, DedupScope>;

/**
 * Recognises improvements; then, in one transaction, refreshes the totals, finishes the audit and adds its `deliver`
 * task. Of several workers that do this, one finishes the audit.
 */
export async function closeAudit({ context, task, audit, signal }: Work<object>): Promise<void> {
  await recogniseImprovements(context, audit, signal);
  const scopes = await readDedupScopes(context, audit, signal);
  const deliver = singleTask('deliver');
  const finished = await context.db.transaction(async (tx) => {
    // First: another worker that closes the same audit waits here, and finds it closed.
    if (!(await settleTask(tx, task))) return false;
    const totalsOf = await refreshTotals(tx, context, audit, scopes);
    const isFinished = await finishAudit(tx, audit.id, totalsOf, context.now());
    if (isFinished) await addTasks(tx, audit.id, [deliver]);
    return isFinished;
  });
  if (!finished) return;
  await reportEnd(context, audit.id);
  await context.queue.add([referenceTo(deliver, task)]);
}

/** Reports an audit that has ended to `events`, with its counts. */
export async function reportEnd({ db, events }: AuditContext, auditId: number): Promise<void> {
  const audit = await findAudit(db, auditId);
  if (audit) events.auditEnded(audit);
}

/**
 * Reads the scope in which a source's registry stores each blob once, from registries that tell it (Amazon ECR).
 * @returns scopes by source id. A source is absent if its scope cannot be read now. So is a source without `--full` in
 * which nothing was added, moved or removed since its last totals: nothing else changes what is stored, and a night
 * without changes needs only the listings
 */
async function readDedupScopes(
  context: AuditContext,
  { id: auditId, sources }: Audit,
  signal: AbortSignal,
): Promise<DedupScopes> {
  const scopes = new Map<number, DedupScope>();
  for (const { id, settings } of sources.filter((source) => source.settings.kind === 'ecr')) {
    if (!settings.full && (await findUnchangedSince(context.db, [id], auditId))) continue;
    const registry = await context.registryOf(settings).catch(asItemFailure);
    // The source's own task has reported why it cannot be opened, and the other sources need their totals.
    if (registry instanceof SlimboardError) continue;
    const scope = await registry.dedupScope?.({ signal });
    if (scope) scopes.set(id, scope);
  }
  return scopes;
}

/**
 * Saves dedup scopes and owners of repositories, and computes totals and progress towards goals if anything changed.
 * @returns the audit whose totals hold: this one, or an earlier one since which nothing changed
 */
async function refreshTotals(
  tx: Queryable,
  { settings, now }: AuditContext,
  audit: Audit,
  scopes: DedupScopes,
): Promise<number> {
  const { id: auditId, sourceIds } = audit;
  const changedScopes = await saveDedupScopes(tx, scopes);
  const changedTeams = await assignTeams(tx, sourceIds, settings.teams);
  const mayReuse = changedScopes === 0 && changedTeams === 0 && !(await hasAssessTasks(tx, auditId));
  const reused = mayReuse ? await findReusableTotals(tx, audit, settings.policy) : undefined;
  if (reused !== undefined) return reused;
  for (const sourceId of sourceIds) await computeTotals(tx, sourceId, auditId);
  await followGoals(tx, audit, settings.policy, now());
  return auditId;
}

/** @returns how many sources have another scope than before */
async function saveDedupScopes(tx: Queryable, scopes: DedupScopes): Promise<number> {
  let changed = 0;
  for (const [sourceId, scope] of scopes) if (await saveDedupScope(tx, sourceId, scope)) changed += 1;
  return changed;
}

/**
 * Finds the audit whose totals still hold: nothing in the registry was added, moved or removed since, no other audit
 * assessed its images anew, and the goals are the same.
 */
async function findReusableTotals(
  tx: Queryable,
  { id: auditId, sourceIds }: Audit,
  policy: PolicySettings,
): Promise<number | undefined> {
  const unchanged = await findUnchangedSince(tx, sourceIds, auditId);
  if (!unchanged || (await wereAssessedSince(tx, sourceIds, unchanged.finishedAt))) return undefined;
  return (await findGoalsKey(tx, unchanged.auditId)) === goalsKey(policy) ? unchanged.auditId : undefined;
}
