/** The singular or plural of a noun, depending on the count: `image`, `images`, `repositories`. */
export function plural(count: number, singular: string): string {
  if (count === 1) return singular;
  return singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
}
