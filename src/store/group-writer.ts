import { StoreUnavailableError } from '../errors.ts';
import { asksTooMuch } from './asks-too-much.ts';

export interface GroupWriterOptions<T> {
  /** Writes several items as one transaction. */
  readonly write: (items: readonly T[]) => Promise<void>;
  /** How much an item adds to a group, and how much a group takes: it ends with the item that fills it. */
  readonly weigh: (item: T) => number;
  readonly maxWeight: number;
}

interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes, as one transaction, all that came while the transaction before it was being written. A database takes about as
 * long for ten small batches in one transaction as for two, and writers that share rows do not wait for one another.
 */
export class GroupWriter<T> {
  readonly #options: GroupWriterOptions<T>;
  #waiting: Waiting<T>[] = [];
  #writing = false;

  constructor(options: GroupWriterOptions<T>) {
    this.#options = options;
  }

  /** Resolves when the item is written. @throws what kept this item from being written; others of its group are not concerned */
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

  /** Never rejects: each item hears what became of it. */
  async #writeGroup(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#options.write(group.map(({ item }) => item));
      for (const { resolve } of group) resolve();
    } catch (error) {
      // Away is away for all. Anything else may be one item's fault, or of too much at once: each is tried by itself.
      if (group.length > 1 && (!(error instanceof StoreUnavailableError) || asksTooMuch(error)))
        for (const one of group) await this.#writeGroup([one]);
      else for (const { reject } of group) reject(error);
    }
  }
}
