import type { Lane, TaskReference } from '../queue/queue.ts';
import type { PolicySettings } from '../settings/settings.ts';
import { type AuditStage, advanceStage, findAudit, hasJudged, recordJudging, tellAlive } from '../store/audit-store.ts';
import { countBases } from '../store/catalogue-store.ts';
import type { Queryable } from '../store/database.ts';
import { hasFleetSums, keepFleetSums } from '../store/fleet-sums.ts';
import { findGoalsKey } from '../store/goal-store.ts';
import { completeIndexes } from '../store/index-store.ts';
import { saveDedupScope } from '../store/inventory-store.ts';
import { refreshStatistics } from '../store/maintenance.ts';
import { findStaleRanges, hasLearnedSince } from '../store/stale-images.ts';
import { addTasks, hasOpenTasks, type NewTask, settleTask } from '../store/task-store.ts';
import { computeTotals, findUnchangedSince, finishAudit } from '../store/totals-store.ts';
import { IMAGES_PER_TASK, judgeOf } from './assess-images.ts';
import { assignTeams } from './assign-teams.ts';
import type { AuditContext } from './context.ts';
import { followGoals, goalsKey } from './follow-goals.ts';
import type { AuditPlan } from './plan.ts';
import { layersTasks } from './plan-layers.ts';
import { readDedupScopes } from './read-dedup-scopes.ts';
import { recogniseImprovements } from './recognise-improvements.ts';
import { assessTask, type RangePayload, singleTask } from './task-payloads.ts';

/** What comes after a stage, and the tasks that it begins with. */
interface NextStage {
  readonly to: AuditStage;
  readonly tasks: (context: AuditContext, plan: AuditPlan, tx: Queryable) => Promise<readonly NewTask[]>;
}

const NEXT: Readonly<Partial<Record<AuditStage, NextStage>>> = {
  inventory: { to: 'layers', tasks: readingTasks },
  layers: { to: 'assess', tasks: assessTasks },
  assess: { to: 'close', tasks: async () => [singleTask('close')] },
};

/**
 * Moves an audit on when its stage has no task left.
 * @param begin begins a stage; may do something about a failure
 */
export async function advance(context: AuditContext, plan: AuditPlan, lane: Lane, begin = beginStage): Promise<void> {
  const { auditId } = plan;
  for (;;) {
    const tasks = await begin(context, plan);
    if (!tasks) return;
    await context.queue.add(tasks.map(({ kind, key }) => ({ auditId, kind, key, lane })));
  }
}

/**
 * Begins the stage after one that has no task left. However many workers settle their last task at the same time, one of
 * them makes the next stage's tasks.
 * @returns the tasks that it made; undefined when there is none to begin
 */
export async function beginStage(context: AuditContext, plan: AuditPlan): Promise<readonly NewTask[] | undefined> {
  const { db } = context;
  const { auditId } = plan;
  if (await hasOpenTasks(db, auditId)) return undefined;
  const audit = await findAudit(db, auditId);
  const next = audit?.status === 'running' ? NEXT[audit.stage] : undefined;
  if (!audit || !next) return undefined;
  return db.transaction(async (tx) => {
    if (!(await advanceStage(tx, auditId, audit.stage, next.to))) return [];
    const made = await next.tasks(context, plan, tx);
    await addTasks(tx, auditId, made);
    await tellAlive(tx, auditId);
    return made;
  });
}

async function readingTasks(_context: AuditContext, plan: AuditPlan, tx: Queryable): Promise<readonly NewTask[]> {
  await completeIndexes(tx);
  return layersTasks(plan, tx);
}

async function assessTasks(context: AuditContext, plan: AuditPlan, tx: Queryable): Promise<readonly NewTask[]> {
  // Reading layers may have taken hours, and begun with an older version.
  if (plan.sources.some(({ settings }) => settings.deep)) await completeIndexes(tx);
  const { rulesKey: rules } = await judgeOf(context, plan.auditId, tx);
  // The catalogue only grows: with as many rows it is the same.
  const judgedBy = `${rules} ${await countBases(tx)}`;
  const ranges = await rangesToJudge(tx, plan, rules, judgedBy);
  await recordJudging(tx, plan.auditId, judgedBy, ranges.length);
  return ranges.map(assessTask);
}

/** Comparing every image with what is known of bases takes seconds for a large registry: most nights there is no need. */
async function rangesToJudge(
  tx: Queryable,
  plan: AuditPlan,
  rules: string,
  judgedBy: string,
): Promise<readonly RangePayload[]> {
  const sourceIds = plan.sources.map(({ id }) => id);
  const unchanged = await findUnchangedSince(tx, sourceIds, plan.auditId);
  if (unchanged?.rulesKey === judgedBy && !(await hasLearnedSince(tx, unchanged.finishedAt))) return [];
  await refreshStatistics(tx);
  return findStaleRanges(tx, sourceIds, rules, IMAGES_PER_TASK);
}

/** What became of advice; then owners, totals, history and the end of the audit: one transaction, once. */
export async function closeAudit(
  context: AuditContext,
  task: TaskReference,
  plan: AuditPlan,
  signal: AbortSignal,
): Promise<void> {
  await recogniseImprovements(context, plan, signal);
  const sourceIds = plan.sources.map(({ id }) => id);
  const scopes = await readDedupScopes(context, plan, signal);
  const deliver = singleTask('deliver');
  const closed = await context.db.transaction(async (tx) => {
    const rescoped = [];
    for (const [sourceId, scope] of scopes) if (await saveDedupScope(tx, sourceId, scope)) rescoped.push(sourceId);
    const changedTeams = await assignTeams(tx, sourceIds, context.settings.teams);
    const mayHold = rescoped.length === 0 && changedTeams === 0 && !(await hasJudged(tx, plan.auditId));
    const current = mayHold ? await findCurrentTotals(tx, plan, context.settings.policy) : undefined;
    if (!current) {
      for (const sourceId of sourceIds) await computeTotals(tx, sourceId, plan.auditId);
      await followGoals(tx, plan, context.settings.policy, context.now());
    }
    if (!current || !(await hasFleetSums(tx))) await keepFleetSums(tx, sourceIds);
    const finished = await finishAudit(tx, plan.auditId, current ?? plan.auditId, context.now());
    await settleTask(tx, task);
    if (finished) await addTasks(tx, plan.auditId, [deliver]);
    return finished;
  });
  if (!closed) return;
  await tellEnd(context, plan.auditId);
  await context.queue.add([{ auditId: plan.auditId, kind: deliver.kind, key: deliver.key, lane: task.lane }]);
}

/** Tells whoever follows an audit that it has ended, with what it found. */
export async function tellEnd({ db, events }: AuditContext, auditId: number): Promise<void> {
  const audit = await findAudit(db, auditId);
  if (audit) events.auditEnded(audit);
}

/** The audit whose totals still hold: nothing came, moved or went since, and the goals are the same. */
async function findCurrentTotals(tx: Queryable, plan: AuditPlan, policy: PolicySettings): Promise<number | undefined> {
  const sourceIds = plan.sources.map(({ id }) => id);
  const unchanged = await findUnchangedSince(tx, sourceIds, plan.auditId);
  if (!unchanged) return undefined;
  return (await findGoalsKey(tx, unchanged.auditId)) === goalsKey(policy) ? unchanged.auditId : undefined;
}
