import { setImmediate } from 'node:timers/promises';
import { knowledgeOf } from '../advise/alternatives.ts';
import { catalogueAlternatives } from '../catalogue/alternatives.ts';
import { digestOf } from '../oci/digest.ts';
import type { TaskReference } from '../queue/queue.ts';
import { type Assessment, saveAssessments } from '../store/assessment-store.ts';
import type { Queryable } from '../store/database.ts';
import { readStaleImages } from '../store/stale-images.ts';
import { settleTask } from '../store/task-store.ts';
import { ContentsReader } from './contents-reader.ts';
import type { AuditContext } from './context.ts';
import { type Judge, judgeBy, judgeImage } from './judge-image.ts';
import type { AuditPlan } from './plan.ts';
import type { RangePayload } from './task-payloads.ts';

/** So many images make a task: they are judged in well under a second, and their rows fit one statement. */
export const IMAGES_PER_TASK = 500;
/** After so many, some milliseconds of judging, others get their turn: requests may be waiting for their answers. */
const IMAGES_AT_A_TIME = 8;

/** What the audit in hand judges by: a process reads the catalogue once an audit. */
const JUDGES = new WeakMap<AuditContext, { readonly auditId: number; readonly judge: Promise<Judge> }>();

/** What the settings and the catalogue judge by. */
export function judgeOf(context: AuditContext, auditId: number, db: Queryable): Promise<Judge> {
  const known = JUDGES.get(context);
  if (known?.auditId === auditId) return known.judge;
  const judge = readJudge(context, db);
  JUDGES.set(context, { auditId, judge });
  judge.catch(() => JUDGES.delete(context));
  return judge;
}

async function readJudge({ settings, now }: AuditContext, db: Queryable): Promise<Judge> {
  const alternatives = await catalogueAlternatives(db);
  return judgeBy({
    policy: settings.policy,
    teamKey: settings.teamKey,
    knowledge: knowledgeOf(alternatives),
    knowledgeKey: digestOf(JSON.stringify(alternatives)),
    today: now().slice(0, 10),
  });
}

/** Judges the images of a range whose judgement is missing or out of date. */
export async function assessImages(
  context: AuditContext,
  task: TaskReference,
  plan: AuditPlan,
  range: RangePayload,
): Promise<void> {
  const judge = await judgeOf(context, plan.auditId, context.db);
  const sourceIds = plan.sources.map(({ id }) => id);
  const images = await readStaleImages(context.db, sourceIds, judge.rulesKey, range);
  const contents = new ContentsReader(context.db);
  const assessments: Assessment[] = [];
  for (const [index, image] of images.entries()) {
    if (index % IMAGES_AT_A_TIME === 0) await setImmediate();
    assessments.push(judgeImage(image, judge, await contents.ofLayers(image.readLayers)));
  }
  await context.db.transaction(async (tx) => {
    await Promise.all([saveAssessments(tx, assessments, context.now()), settleTask(tx, task)]);
  });
}
