/** Returns a message for people if an error says that no more files can be opened; else undefined. */
export function tooManyFiles(error: unknown): string | undefined {
  // Not by codeOf: this file is in the part that loads first, which has no errors.ts of its own.
  const code = (error as { readonly code?: unknown } | null | undefined)?.code;
  if (code !== 'EMFILE' && code !== 'ENFILE') return undefined;
  return 'too many open files: raise the limit of this process, for example by "ulimit -n 1024"';
}
