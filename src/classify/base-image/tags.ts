/** The major and minor part of a version: `3.20` of `3.20.3`. */
export function minor(version: string): string {
  return /^\d+\.\d+/.exec(version)?.[0] ?? version;
}

/** A reference without its tag. */
export function withoutTag(reference: string): string {
  return reference.replace(/:[\w.-]+$/, '');
}

/** Sorted references for a repository's tags, without duplicates and empty tags. */
export function tagged(repository: string, tags: readonly string[]): readonly string[] {
  return [...new Set(tags.filter((tag) => tag !== '').map((tag) => `${repository}:${tag}`))].sort();
}
