import type { TaskReference } from '../../queue/queue.ts';
import type { RowRange } from '../../store/stale-images.ts';
import type { NewTask } from '../../store/task-store.ts';
import { assessTask } from '../task-payloads.ts';
import { IMAGES_PER_TASK } from './assess-range.ts';

/** New images of one audit that no assess task covers yet. `from` and `to` are row ids. */
interface Unassessed extends RowRange {
  readonly auditId: number;
  readonly images: number;
}

/** A plan, and the planner's state after it; to be kept if the transaction that stores the images commits. */
export interface PlannedAssessment {
  readonly unassessed: Unassessed | undefined;
  /** How many new images this process has stored. */
  readonly images: number;
  /** The task to add, if there are enough images for one. */
  readonly task?: NewTask & TaskReference;
  /** With a task: whether `images` is at least twice what it was when statistics were last refreshed. */
  readonly isDoubled?: boolean;
}

/**
 * Plans assess tasks during the inventory, so that images are assessed while the process waits for registries. The
 * assess stage does the rest, and repeats those that turned out to be built on an image read later.
 */
export class AssessmentPlanner {
  #unassessed: Unassessed | undefined;
  #images = 0;
  #imagesAtRefresh = 0;

  /** Plans the assessment of new images. @param images row ids of the images that the batches added */
  plan(batches: readonly { readonly task: TaskReference }[], images: readonly number[]): PlannedAssessment {
    const total = this.#images + images.length;
    const [first] = batches;
    const isOneAudit = batches.every(({ task }) => task.auditId === first?.task.auditId);
    if (!first || !isOneAudit || images.length === 0) return { unassessed: this.#unassessed, images: total };
    const { auditId, lane } = first.task;
    const before = this.#unassessed?.auditId === auditId ? this.#unassessed : undefined;
    const unassessed = {
      auditId,
      from: Math.min(before?.from ?? Number.POSITIVE_INFINITY, ...images),
      to: Math.max(before?.to ?? 0, ...images),
      images: (before?.images ?? 0) + images.length,
    };
    if (unassessed.images < IMAGES_PER_TASK) return { unassessed, images: total };
    const range = { from: unassessed.from, to: unassessed.to };
    const task = { auditId, lane, ...assessTask(range, 'inventory') };
    return { unassessed: undefined, images: total, task, isDoubled: total >= 2 * this.#imagesAtRefresh };
  }

  /** Adopts the state of a plan whose transaction has committed. */
  keep({ unassessed, images, isDoubled }: PlannedAssessment): void {
    this.#unassessed = unassessed;
    this.#images = images;
    if (isDoubled) this.#imagesAtRefresh = images;
  }
}
