/** Groups items by key, with the keys in the order of their first items. */
export function groupBy<K, T>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  return groupPairs(items.map((item) => [keyOf(item), item]));
}

/** Groups the second members of pairs by the first ones, which keep their order. */
export function groupPairs<K, V>(pairs: readonly (readonly [key: K, value: V])[]): ReadonlyMap<K, readonly V[]> {
  const groups = new Map<K, V[]>();
  for (const [key, value] of pairs) {
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
}
