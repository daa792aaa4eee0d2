import { setImmediate } from 'node:timers/promises';
import { type Assessment, saveAssessments } from '../../store/assessment-store.ts';
import { type RowRange, readStaleImages } from '../../store/stale-images.ts';
import { settleTask } from '../../store/task-store.ts';
import type { Work } from '../context.ts';
import { assessImage } from './assess-image.ts';
import { ContentsReader } from './contents-reader.ts';

/** This many are assessed in well under a second, and their rows fit one statement. */
export const IMAGES_PER_TASK = 500;
/** After this many (a few ms) other work gets a turn: answers to requests may be waiting. */
const IMAGES_AT_A_TIME = 8;

/** Assesses the images of a range whose assessment is missing or out of date. Of a stopped range, nothing is stored. */
export async function assessRange({ context, task, audit, payload: range, signal }: Work<RowRange>): Promise<void> {
  const criteria = await context.criteriaOf(audit.id, context.db);
  const images = await readStaleImages(context.db, audit.sourceIds, criteria.rulesKey, range);
  const contents = new ContentsReader(context.db);
  const assessments: Assessment[] = [];
  for (const [index, image] of images.entries()) {
    if (index % IMAGES_AT_A_TIME === 0) await setImmediate();
    const layers = await contents.ofLayers(image.readLayers);
    // With contents of layers, a range takes up to minutes.
    signal.throwIfAborted();
    assessments.push(assessImage(image, criteria, layers));
  }
  await context.db.transaction(async (tx) => {
    // Otherwise another process has done the range, perhaps with more of the bases known.
    if (await settleTask(tx, task)) await saveAssessments(tx, assessments, context.now());
  });
}
