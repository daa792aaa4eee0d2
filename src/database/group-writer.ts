import { isStoreOutage } from './exceeds-resources.ts';

/** How a {@link GroupWriter} writes items and limits its groups. */
export interface GroupWriterOptions<T> {
  /** Writes several items in one transaction. */
  readonly write: (items: readonly T[]) => Promise<void>;
  /** The weight of an item. A group is closed by the item that makes its weight reach `maxWeight`. */
  readonly weigh: (item: T) => number;
  readonly maxWeight: number;
}

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes in one transaction all items that arrived while the previous transaction was running. Ten small batches in one
 * transaction take a database about as long as two, and writers that share rows do not wait for one another.
 */
export class GroupWriter<T> {
  readonly #options: GroupWriterOptions<T>;
  #waiting: Waiting<T>[] = [];
  #writing = false;

  constructor(options: GroupWriterOptions<T>) {
    this.#options = options;
  }

  /**
   * Resolves when the item is written.
   * @throws why this item could not be written; failures of others in its group do not matter
   */
  write(item: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      if (!this.#writing) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) await this.#writeGroup(this.#takeGroup());
    this.#writing = false;
  }

  #takeGroup(): readonly Waiting<T>[] {
    const { weigh, maxWeight } = this.#options;
    let weight = 0;
    let count = 0;
    for (const { item } of this.#waiting) {
      weight += weigh(item);
      count++;
      if (weight >= maxWeight) break;
    }
    return this.#waiting.splice(0, count);
  }

  /** Never rejects: the outcome is reported to each item's promise. */
  async #writeGroup(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#options.write(group.map(({ item }) => item));
      for (const { resolve } of group) resolve();
    } catch (error) {
      // An unavailable database fails every item. Any other error may be the fault of one item, or of the amount of
      // data: each item is then written by itself.
      const isOfAll = group.length === 1 || isStoreOutage(error);
      if (isOfAll) for (const { reject } of group) reject(error);
      else for (const waiting of group) await this.#writeGroup([waiting]);
    }
  }
}
