/** SQL after `on conflict do update`: sets these columns to what was to be inserted. */
export function setExcluded(columns: readonly string[]): string {
  return `set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}`;
}
