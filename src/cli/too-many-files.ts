import { codeOf } from '../errors.ts';

/** Returns a message for people if an error says that no more files can be opened; else undefined. */
export function tooManyFiles(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code !== 'EMFILE' && code !== 'ENFILE') return undefined;
  return 'too many open files: raise the limit of this process, for example by "ulimit -n 1024"';
}
