import type { Command } from './shell.ts';

/** Linux allows no longer paths. */
const LONGEST_PATH = 4_096;

/** Returns an absolute path without `.` and `..` parts, repeated slashes and a trailing slash. */
export function absolutePath(path: string, folder: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${folder}/${path}`).slice(0, LONGEST_PATH).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** A command with the folder in which it runs; the folder is undefined if it is unknown. */
export interface PlacedCommand<Folder extends string | undefined> extends Command {
  readonly folder: Folder;
}

/**
 * Follows `cd` through the commands of a step, also out of a subshell.
 * @param start the folder of the first command
 */
export function withFolders<Folder extends string | undefined>(
  commands: readonly Command[],
  start: Folder,
): readonly PlacedCommand<Folder | string>[] {
  let folder: Folder | string = start;
  return commands.map((command) => {
    const [path = ''] = command.program === 'cd' ? command.words : [];
    if (path.startsWith('/') || (path !== '' && folder !== undefined)) folder = absolutePath(path, folder ?? '/');
    return { ...command, folder };
  });
}
