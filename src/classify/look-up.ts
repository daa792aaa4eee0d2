/** A table's own entry by an untrusted name. Inherited names such as `constructor` give undefined. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** A table of what names stand for, in order, from one of all names for each value, with spaces between them. */
export function byName<Value extends string>(
  names: Readonly<Partial<Record<Value, string>>>,
): ReadonlyMap<string, Value> {
  const rows = Object.entries(names) as [Value, string][];
  return new Map(rows.flatMap(([value, list]) => list.split(' ').map((name) => [name, value] as const)));
}
