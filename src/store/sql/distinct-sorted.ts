/**
 * The last item of each key, sorted by key: two writers that store the same rows in one order never deadlock.
 */
export function distinctSorted<Item>(items: readonly Item[], keyOf: (item: Item) => string): readonly Item[] {
  const byKey = new Map(items.map((item) => [keyOf(item), item]));
  return [...byKey].sort(byFirst).map(([, item]) => item);
}

function byFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}
