import { chunksOf } from '../common/chunks-of.ts';
import { sum } from '../common/sum.ts';
import type { Queryable } from '../database/database.ts';
import { parseTag } from '../oci/reference.ts';
import { type AuditStage, advanceStage, findAudit, recordAssessStage, renewHeartbeat } from '../store/audit-store.ts';
import { findCatalogueKey } from '../store/catalogue-store.ts';
import { listReadableItems } from '../store/error-store.ts';
import { completeIndexes } from '../store/index-store.ts';
import { countLayersLeft } from '../store/layer-store.ts';
import { refreshStatistics } from '../store/maintenance.ts';
import { countDone } from '../store/progress-store.ts';
import { findStaleRanges, hasReadLayersSince, type RowRange } from '../store/stale-images.ts';
import { addTasks, hasOpenTasks, type NewTask } from '../store/task-store.ts';
import { findUnchangedSince } from '../store/totals/unchanged-since.ts';
import { IMAGES_PER_TASK } from './assessing/assess-range.ts';
import { type Audit, sourceOf } from './audit.ts';
import type { AuditContext } from './context.ts';
import { unreadLayers } from './reading/unread-layers.ts';
import {
  assessTask,
  layersTask,
  MANIFESTS_PER_TASK,
  referenceTo,
  relistTask,
  rereadTask,
  singleTask,
} from './task-payloads.ts';

/** The stage after another, and what makes the tasks that it begins with. */
interface NextStage {
  readonly to: AuditStage;
  readonly tasks: (tx: Queryable, audit: Audit, context: AuditContext) => Promise<readonly NewTask[]>;
}

const NEXT: Readonly<Partial<Record<AuditStage, NextStage>>> = {
  inventory: { to: 'layers', tasks: readingTasks },
  layers: { to: 'assess', tasks: assessTasks },
  assess: { to: 'close', tasks: async () => [singleTask('close')] },
};

/**
 * Moves an audit to its next stage for as long as the present one has no tasks left.
 * @param begin begins a stage; may handle a failure
 */
export async function advance(
  context: AuditContext,
  audit: Audit,
  begin = () => beginStage(context, audit),
): Promise<void> {
  const place = { auditId: audit.id, lane: audit.lane };
  for (let tasks = await begin(); tasks; tasks = await begin())
    await context.queue.add(tasks.map((task) => referenceTo(task, place)));
}

/**
 * Begins the next stage if the present one has no tasks left. Of several workers that settle the last tasks at the same
 * time, one creates the next stage's tasks.
 * @returns the tasks it created, none if another worker was first; undefined if no stage can begin
 */
export async function beginStage(context: AuditContext, audit: Audit): Promise<readonly NewTask[] | undefined> {
  const { db, events } = context;
  if (await hasOpenTasks(db, audit.id)) return undefined;
  const row = await findAudit(db, audit.id);
  const next = row?.status === 'running' ? NEXT[row.stage] : undefined;
  if (!row || !next) return undefined;
  const tasks = await db.transaction(async (tx) => {
    if (!(await advanceStage(tx, audit.id, row.stage, next.to))) return undefined;
    const made = await next.tasks(tx, audit, context);
    await addTasks(tx, audit.id, made);
    await renewHeartbeat(tx, audit.id);
    return made;
  });
  if (!tasks) return [];
  events.stageBegan(next.to);
  return tasks;
}

/** Tells what a resumed audit has done, which stage it has reached, and how many layers it still has to read. */
export async function tellProgress(
  { db, events }: Pick<AuditContext, 'db' | 'events'>,
  auditId: number,
): Promise<void> {
  const done = await countDone(db, auditId);
  if (done) events.resumed(done);
  const stage = (await findAudit(db, auditId))?.stage;
  if (!stage || stage === 'inventory') return;
  if (stage === 'layers') events.layersListed(await countLayersLeft(db, auditId));
  events.stageBegan(stage);
}

async function readingTasks(tx: Queryable, audit: Audit, { events }: AuditContext): Promise<readonly NewTask[]> {
  await completeIndexes(tx);
  const batches = await unreadLayers(tx, audit);
  events.layersListed(sum(batches.map(({ length }) => length)));
  return [...batches.map(layersTask), ...(await rereadTasks(tx, audit))];
}

/**
 * Whether an item can be read must not depend on whether another repository with the same manifests was read before. What
 * the listings of Amazon ECR say of it is not kept with the error, so there the repository is listed again.
 */
async function rereadTasks(tx: Queryable, audit: Audit): Promise<readonly NewTask[]> {
  const failed = await listReadableItems(tx, audit.id);
  return failed.flatMap(({ repository, names }) => {
    if (sourceOf(audit, repository.source).settings.kind === 'ecr') return [relistTask(repository, names)];
    const tags = names.map((name) => ({ tag: parseTag(name) }));
    return [...chunksOf(tags, MANIFESTS_PER_TASK)].map((some) => rereadTask(repository, some));
  });
}

async function assessTasks(tx: Queryable, audit: Audit, context: AuditContext): Promise<readonly NewTask[]> {
  // Reading layers may have taken hours, and may have begun with an older version.
  if (audit.sources.some(({ settings }) => settings.deep)) await completeIndexes(tx);
  const { rulesKey } = await context.criteriaOf(audit.id, tx);
  const assessKey = `${rulesKey} ${await findCatalogueKey(tx)}`;
  const ranges = await rangesToAssess(tx, audit, rulesKey, assessKey);
  await recordAssessStage(tx, audit.id, assessKey, ranges.length);
  return ranges.map((range) => assessTask(range, 'assess'));
}

/**
 * Finds the ranges of images to assess. If nothing has changed there are none, and they are not searched for: comparing
 * every image of a large registry with all known bases takes seconds.
 */
async function rangesToAssess(
  tx: Queryable,
  audit: Audit,
  rulesKey: string,
  assessKey: string,
): Promise<readonly RowRange[]> {
  const unchanged = await findUnchangedSince(tx, audit.sourceIds, audit.id);
  if (unchanged?.assessKey === assessKey && !(await hasReadLayersSince(tx, unchanged.finishedAt))) return [];
  await refreshStatistics(tx);
  return findStaleRanges(tx, audit.sourceIds, rulesKey, IMAGES_PER_TASK);
}
