import type { TaskReference } from '../../queue/queue.ts';
import type { RowRange } from '../../store/stale-images.ts';
import type { NewTask } from '../../store/task-store.ts';
import { assessTask } from '../task-payloads.ts';
import { IMAGES_PER_TASK } from './assess-range.ts';

/** New images of one audit. `from` and `to` are row ids. */
interface ImageRange extends RowRange {
  readonly auditId: number;
  readonly images: number;
}

/** What is gathered with further images; to be kept if the transaction that stores them commits. */
export interface Gathered {
  /** The images that no task covers yet. */
  readonly unassessed: ImageRange | undefined;
  /** How many new images this process has stored. */
  readonly images: number;
  /** The task to add, if there are enough images for one. */
  readonly task?: NewTask & TaskReference;
  /** With a task: whether `images` is at least twice what it was when statistics were last refreshed. */
  readonly isDoubled?: boolean;
}

/**
 * Gathers new images into assess tasks during the inventory, so that they are assessed while the process waits for
 * registries. The assess stage does the rest, and repeats those that turned out to be built on an image read later.
 */
export class UnassessedImages {
  #unassessed: ImageRange | undefined;
  #images = 0;
  #imagesAtRefresh = 0;

  /** Adds new images, which count from {@link keep} on. @param images row ids of the images that the batches added */
  gather(batches: readonly { readonly task: TaskReference }[], images: readonly number[]): Gathered {
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

  /** Keeps what a transaction gathered that has committed. */
  keep({ unassessed, images, isDoubled }: Gathered): void {
    this.#unassessed = unassessed;
    this.#images = images;
    if (isDoubled) this.#imagesAtRefresh = images;
  }
}
