/** A table's own entry by an untrusted name. Inherited names such as `constructor` give undefined. */
export function lookUp<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
