/**
 * An object with the field, or an empty one if the value is undefined: `exactOptionalPropertyTypes` forbids undefined
 * fields.
 */
export function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
