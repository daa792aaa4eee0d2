/**
 * Maximum length of a list's items as JSON. All lists of a layer become one string, and the longest that V8 can hold
 * has 2^29 characters.
 */
const MAX_TEXT = 33_554_432;

/**
 * A list capped by the number of its items and by their length as JSON, so that hostile input cannot grow it without
 * limit; further items are left out.
 */
export class CappedList<T> {
  readonly items: T[] = [];
  readonly #limit: number;
  readonly #maxText: number;
  #text = 0;

  constructor(limit: number, maxText = MAX_TEXT) {
    this.#limit = limit;
    this.#maxText = maxText;
  }

  add(item: T): void {
    if (this.items.length === this.#limit) return;
    this.#text += JSON.stringify(item).length;
    if (this.#text <= this.#maxText) this.items.push(item);
  }
}

/** The length of {@link Largest}. */
const LARGEST_ITEMS = 50;

/** A list of the 50 items with the most bytes, largest first. */
export class Largest<T extends { readonly bytes: number }> {
  readonly #items: T[] = [];

  get items(): readonly T[] {
    return this.#items;
  }

  add(item: T): void {
    const last = this.#items.at(-1);
    if (this.#items.length === LARGEST_ITEMS && last !== undefined && last.bytes >= item.bytes) return;
    const at = this.#items.findIndex((other) => other.bytes < item.bytes);
    this.#items.splice(at < 0 ? this.#items.length : at, 0, item);
    if (this.#items.length > LARGEST_ITEMS) this.#items.pop();
  }
}
