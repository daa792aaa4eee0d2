/** The singular or plural of a noun, depending on the count: `image`, `days`, `repositories`. */
export function plural(count: number, singular: string): string {
  if (count === 1) return singular;
  return /[^aeiou]y$/.test(singular) ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}

/** A number with what it counts: `1 image`, `3 images`, `2 repositories`. */
export function counted(count: number, singular: string): string {
  return `${count} ${plural(count, singular)}`;
}
