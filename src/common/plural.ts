/** The noun for so many: `image`, `images`, `repositories`. */
export function plural(count: number, one: string): string {
  if (count === 1) return one;
  return one.endsWith('y') ? `${one.slice(0, -1)}ies` : `${one}s`;
}
