import type { TaskReference } from '../queue/queue.ts';
import type { NewTask } from '../store/task-store.ts';
import { IMAGES_PER_TASK } from './assess-images.ts';
import { assessTask, type RangePayload } from './task-payloads.ts';

/** Images that were kept and not judged, of one audit. */
interface Unjudged extends RangePayload {
  readonly auditId: number;
  readonly images: number;
}

/** What becomes of the images when a transaction ends well. */
export interface PlannedJudging {
  readonly unjudged: Unjudged | undefined;
  /** Images since this process began. */
  readonly images: number;
  readonly task?: NewTask & TaskReference;
  /** Whether there are twice as many as when the planner was last told. */
  readonly isDoubled?: boolean;
}

/**
 * Makes tasks of judging while the inventory goes on: a registry answers in milliseconds, in which images can be judged.
 * The stage of judging then takes up what is left, and what later images showed to be built on another base.
 */
export class JudgingAhead {
  #unjudged: Unjudged | undefined;
  #images = 0;
  #imagesPlanned = 0;

  /** @param images row ids of the images that the batches brought */
  plan(batches: readonly { readonly task: TaskReference }[], images: readonly number[]): PlannedJudging {
    const total = this.#images + images.length;
    const [first] = batches;
    const isOneAudit = batches.every(({ task }) => task.auditId === first?.task.auditId);
    if (!first || !isOneAudit || images.length === 0) return { unjudged: this.#unjudged, images: total };
    const { auditId, lane } = first.task;
    const before = this.#unjudged?.auditId === auditId ? this.#unjudged : undefined;
    const unjudged = {
      auditId,
      from: Math.min(before?.from ?? Number.POSITIVE_INFINITY, ...images),
      to: Math.max(before?.to ?? 0, ...images),
      images: (before?.images ?? 0) + images.length,
    };
    if (unjudged.images < IMAGES_PER_TASK) return { unjudged, images: total };
    const task = { auditId, lane, ...assessTask({ from: unjudged.from, to: unjudged.to }) };
    return { unjudged: undefined, images: total, task, isDoubled: total >= 2 * this.#imagesPlanned };
  }

  keep({ unjudged, images, isDoubled }: PlannedJudging): void {
    this.#unjudged = unjudged;
    this.#images = images;
    if (isDoubled) this.#imagesPlanned = images;
  }
}
