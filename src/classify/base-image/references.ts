/**
 * Longer texts are cut: a name of a repository has at most 255 characters, a tag 128, a digest 135. What reads references
 * may take the square of their length.
 */
export const MAX_REFERENCE_LENGTH = 1_024;

/**
 * A reference without digest and Docker Hub's host, with `library/` written out: `docker.io/alpine:3.20@sha256:…` gives
 * `library/alpine:3.20`.
 */
export function normaliseReference(text: string): string {
  const named = text
    .slice(0, MAX_REFERENCE_LENGTH)
    .replace(/^docker(?:-image)?:\/\//, '')
    .replace(/@.*$/, '');
  const bare = named.replace(/^(?:index\.|registry-1\.)?docker\.io\//, '');
  return bare.includes('/') || bare === 'scratch' ? bare : `library/${bare}`;
}

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
