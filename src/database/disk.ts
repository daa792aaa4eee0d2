import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, isDiskFull, SettingsError, StoreUnavailableError } from '../errors.ts';

/** The failure of the embedded database to write a file of its folder, for one line on stderr. */
export function unwritable(path: string, cause: unknown): Error {
  return isDiskFull(cause)
    ? new StoreUnavailableError(
        `the embedded database cannot write ${path}; free space on its disk, and the next run continues from there`,
        { cause },
      )
    : new SettingsError(
        `cannot write ${path} (${codeOf(cause)}): check who owns it, choose another folder for the embedded database, or set SLIMBOARD_DATABASE_URL`,
        { cause },
      );
}

/** Refused to this process, by the owner of a file or by a file system that is read-only. */
const REFUSED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * Checks that this process may read and write a folder and all that is in it.
 * @throws SettingsError naming what it may not: once root has used a database, some of its files are root's
 */
export async function checkAccess(folder: string): Promise<void> {
  await checkAccessTo(folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    await (entry.isDirectory() ? checkAccess(path) : checkAccessTo(path));
  }
}

async function checkAccessTo(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    if (REFUSED.has(codeOf(cause))) throw unwritable(path, cause);
  }
}
