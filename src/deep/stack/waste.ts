import { Largest } from '../capped-list.ts';
import type { FileSize } from '../contents.ts';
import type { Change, StoredFile } from './file-tree.ts';

/**
 * Why bytes of a layer cannot be seen. `deleted`: a whiteout or an opaque directory hides them. `rewritten`: the same
 * content was written again to the same path, as by chown, chmod or touch. `replaced`: something else is at the path.
 */
export type WasteCause = 'deleted' | 'rewritten' | 'replaced';

/** A file in a layer that the final file system does not show. */
export interface WastedFile extends FileSize {
  readonly cause: WasteCause;
  /** Layer that holds it, from 0. */
  readonly layer: number;
  /** Layer that hides it. */
  readonly hiddenBy: number;
}

/** Wasted bytes by cause. */
export type Waste = Readonly<Record<WasteCause, number>>;

type Tally = { -readonly [Cause in keyof Waste]: number };

/** Records which bytes are hidden while layers are laid one over another. */
export class WasteLedger {
  /** Bytes that layers above the base hide. */
  ownBytes = 0;
  readonly #largest = new Largest<WastedFile>();
  readonly #wasted: readonly Tally[];
  readonly #baseLayers: number;

  constructor(layerCount: number, baseLayers: number) {
    this.#wasted = Array.from({ length: layerCount }, noWaste);
    this.#baseLayers = baseLayers;
  }

  get largest(): readonly WastedFile[] {
    return this.#largest.items;
  }

  record(file: StoredFile, by: Change): void {
    if (file.bytes === 0) return;
    const cause = causeOf(file, by);
    const { path, bytes, layer } = file;
    this.#largest.add({ path, bytes, cause, layer, hiddenBy: by.layer });
    const wasted = this.#wasted[layer];
    if (wasted) wasted[cause] += bytes;
    if (by.layer >= this.#baseLayers) this.ownBytes += bytes;
  }

  wastedOf(layer: number): Waste {
    return this.#wasted[layer] ?? noWaste();
  }

  /** The waste of all layers together. */
  total(): Waste {
    const total = noWaste();
    for (const { deleted, rewritten, replaced } of this.#wasted) {
      total.deleted += deleted;
      total.rewritten += rewritten;
      total.replaced += replaced;
    }
    return total;
  }
}

function causeOf(file: StoredFile, { isDeleted, replacement }: Change): WasteCause {
  if (isDeleted) return 'deleted';
  return replacement?.hash === file.hash && replacement.bytes === file.bytes ? 'rewritten' : 'replaced';
}

function noWaste(): Tally {
  return { deleted: 0, rewritten: 0, replaced: 0 };
}
