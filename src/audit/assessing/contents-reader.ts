import { setImmediate } from 'node:timers/promises';
import type { Queryable } from '../../database/database.ts';
import type { LayerContents } from '../../deep/contents.ts';
import { readLayerContents } from '../../store/layer-store.ts';

/** Bytes of entries: layers of about a million files together. */
const KEPT_BYTES = 64_000_000;

/** Reads contents of layers, and keeps up to 64 MB of them unpacked for the next images that share the layers. */
export class ContentsReader {
  readonly #db: Queryable;
  readonly #known = new Map<number, LayerContents>();
  #bytes = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Returns nothing if one of them cannot be unpacked: an older version stored it in another form. */
  async ofLayers(blobIds: readonly number[]): Promise<readonly LayerContents[]> {
    if (blobIds.length === 0) return [];
    if (this.#bytes > KEPT_BYTES) {
      this.#known.clear();
      this.#bytes = 0;
    }
    // Assessing contents takes far longer than assessing a config: other work gets a turn between two images.
    await setImmediate();
    const missing = blobIds.filter((id) => !this.#known.has(id));
    for (const [id, contents] of await readLayerContents(this.#db, missing)) {
      this.#known.set(id, contents);
      this.#bytes += contents.entries.length;
    }
    const layers = blobIds.flatMap((id) => this.#known.get(id) ?? []);
    return layers.length === blobIds.length ? layers : [];
  }
}
