import { setImmediate } from 'node:timers/promises';
import { findContents, type LayerContents } from '../deep/contents.ts';
import type { Queryable } from '../store/database.ts';
import { readLayerContents } from '../store/layer-store.ts';

/** Unpacked, layers of some million files together. */
const KEPT_BYTES = 64_000_000;

/** Contents of layers, each unpacked once while the images that share it are judged, as far as memory allows. */
export class ContentsReader {
  readonly #db: Queryable;
  readonly #known = new Map<number, LayerContents>();
  #bytes = 0;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** @returns empty when one of them cannot be unpacked: an older reader kept it in another form */
  async ofLayers(blobIds: readonly number[]): Promise<readonly LayerContents[]> {
    if (blobIds.length === 0) return [];
    if (this.#bytes > KEPT_BYTES) this.#forget();
    // Judging what was read takes far longer than judging a config: others get their turn in between.
    await setImmediate();
    const missing = blobIds.filter((id) => !this.#known.has(id));
    for (const [id, packed] of await readLayerContents(this.#db, missing)) this.#keep(id, findContents(packed));
    const layers = blobIds.flatMap((id) => this.#known.get(id) ?? []);
    return layers.length === blobIds.length ? layers : [];
  }

  #keep(id: number, contents: LayerContents | undefined): void {
    if (!contents) return;
    this.#known.set(id, contents);
    this.#bytes += contents.entries.length;
  }

  #forget(): void {
    this.#known.clear();
    this.#bytes = 0;
  }
}
