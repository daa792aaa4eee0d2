/** One pattern for several of the same flags: matches what any of them matches, much sooner than one after the other. */
export function anyOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'), patterns[0]?.flags);
}
