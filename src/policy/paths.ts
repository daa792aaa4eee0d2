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

/** Whether an absolute path is a folder's own, or below it. */
export function isWithin(path: string, folder: string): boolean {
  return `${path}/`.startsWith(folder === '/' ? folder : `${folder}/`);
}
