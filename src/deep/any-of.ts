/**
 * Combines patterns that have the same flags into one that matches what any of them matches, much faster than testing
 * one after another.
 */
export function anyOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => `(?:${source})`).join('|'), patterns[0]?.flags);
}
