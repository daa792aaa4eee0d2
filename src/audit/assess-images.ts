import { knowledgeOf } from '../advise/alternatives.ts';
import type { TaskReference } from '../queue/queue.ts';
import { readStaleImages, saveAssessments } from '../store/assessment-store.ts';
import { settleTask } from '../store/audit-store.ts';
import type { AuditContext } from './context.ts';
import { type Judge, judgeImage, rulesKey } from './judge-image.ts';
import type { AuditPlan } from './plan.ts';
import type { RangePayload } from './task-payloads.ts';

/** So many images make a task: they are judged in well under a second, and their rows fit one statement. */
export const IMAGES_PER_TASK = 500;

/** What the settings judge by, now. */
export function judgeOf({ settings, now }: AuditContext): Judge {
  return { policy: settings.policy, teamKey: settings.teamKey, knowledge: knowledgeOf([]), today: now().slice(0, 10) };
}

/** Judges the images of a range whose judgement is missing or out of date. */
export async function assessImages(
  context: AuditContext,
  task: TaskReference,
  plan: AuditPlan,
  range: RangePayload,
): Promise<void> {
  const judge = judgeOf(context);
  const sourceIds = plan.sources.map(({ id }) => id);
  const images = await readStaleImages(context.db, sourceIds, rulesKey(judge), range);
  const assessments = images.map((image) => judgeImage(image, judge));
  await context.db.transaction(async (tx) => {
    await saveAssessments(tx, assessments);
    await settleTask(tx, task);
  });
}
