/**
 * One item of each key, sorted by key: two writers that store the same rows in one order never deadlock.
 * @param wins whether an item replaces an earlier one of its key; default: the last one stays
 */
export function distinctSorted<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  wins: (item: Item, other: Item) => boolean = () => true,
): readonly Item[] {
  const byKey = new Map<string, Item>();
  for (const item of items) {
    const key = keyOf(item);
    const other = byKey.get(key);
    if (other === undefined || wins(item, other)) byKey.set(key, item);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
