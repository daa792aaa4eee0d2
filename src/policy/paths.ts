import type { Command } from './shell.ts';

/** Real paths are shorter. Thousands of `cd` may lengthen hostile ones, and each command keeps its folder. */
const LONGEST_PATH = 512;

/** Returns an absolute path without `.` and `..` parts, repeated slashes and a trailing slash. */
export function absolutePath(path: string, folder: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${folder}/${path}`).slice(0, LONGEST_PATH).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** Returns the last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Returns a relative path without `./` before it. */
export function withoutDotSlash(path: string): string {
  return path.replace(/^(?:\.\/)+/, '');
}

/** Reports whether an absolute path is a folder's own, or below it. */
export function isWithin(path: string, folder: string): boolean {
  return `${path}/`.startsWith(folder === '/' ? folder : `${folder}/`);
}

/** A command with the folder in which it runs; the folder is undefined if it is unknown. */
export interface PlacedCommand<Folder extends string | undefined> extends Command {
  readonly folder: Folder;
}

/**
 * Follows `cd` through the commands of a step; behind a subshell, the folder is that before it.
 * @param start the folder of the first command
 */
export function withFolders<Folder extends string | undefined>(
  commands: readonly Command[],
  start: Folder,
): readonly PlacedCommand<Folder | string>[] {
  const outer: (Folder | string)[] = [];
  let folder: Folder | string = start;
  return commands.map((command) => {
    const { program, words, subshells = 0 } = command;
    for (let begun = 0; begun < subshells; begun++) outer.push(folder);
    const [path = ''] = program === 'cd' ? words : [];
    if (path.startsWith('/') || (path !== '' && folder !== undefined)) folder = absolutePath(path, folder ?? '/');
    const placed = { ...command, folder };
    if (subshells < 0) folder = outer.splice(subshells)[0] ?? folder;
    return placed;
  });
}
