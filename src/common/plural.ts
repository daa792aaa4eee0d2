/** The singular or plural of a noun, depending on the count: `image`, `days`, `repositories`. */
export function plural(count: number, singular: string): string {
  if (count === 1) return singular;
  return /[^aeiou]y$/.test(singular) ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}
