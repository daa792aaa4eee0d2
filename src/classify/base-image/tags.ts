/** The major and minor part of a version: `3.20` of `3.20.3`. */
export function minor(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

/** Sorted references for a repository's tags, without duplicates and empty tags. */
export function tagged(repository: string, tags: readonly string[]): readonly string[] {
  const references = new Set<string>();
  for (const tag of tags) if (tag !== '') references.add(`${repository}:${tag}`);
  return [...references].sort();
}
