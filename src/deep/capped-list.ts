/** A list that hostile input cannot grow past a limit, and that says how many it left out. */
export class CappedList<T> {
  readonly items: T[] = [];
  readonly #limit: number;
  #omitted = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get omitted(): number {
    return this.#omitted;
  }

  add(item: T): void {
    if (this.items.length < this.#limit) this.items.push(item);
    else this.#omitted++;
  }
}

/** Keeps the items with the most bytes, largest first. */
export class Largest<T extends { readonly bytes: number }> {
  readonly #items: T[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get items(): readonly T[] {
    return this.#items;
  }

  add(item: T): void {
    const last = this.#items.at(-1);
    if (this.#items.length === this.#limit && last !== undefined && last.bytes >= item.bytes) return;
    const at = this.#items.findIndex((other) => other.bytes < item.bytes);
    this.#items.splice(at < 0 ? this.#items.length : at, 0, item);
    if (this.#items.length > this.#limit) this.#items.pop();
  }
}
