/**
 * Keeps one promise for each key, so that callers who ask for the same key share one load. A load that fails is
 * forgotten: the next caller tries again.
 */
export class PromiseCache<Key, Value> {
  readonly #promises = new Map<Key, Promise<Value>>();
  readonly #maxSize: number;

  /** @param maxSize keys; a further one empties the cache first */
  constructor(maxSize = Number.POSITIVE_INFINITY) {
    this.#maxSize = maxSize;
  }

  /** Returns the promise kept for a key, or keeps the one that `load` returns. */
  get(key: Key, load: () => Promise<Value>): Promise<Value> {
    const known = this.#promises.get(key);
    if (known) return known;
    if (this.#promises.size >= this.#maxSize) this.#promises.clear();
    const loading = load();
    this.#promises.set(key, loading);
    loading.catch(() => {
      if (this.#promises.get(key) === loading) this.#promises.delete(key);
    });
    return loading;
  }

  values(): IterableIterator<Promise<Value>> {
    return this.#promises.values();
  }
}
