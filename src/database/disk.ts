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

/**
 * Checks that this process may read and write a folder and all that is in it.
 * @throws SettingsError naming what it may not: once root has used a database, some of its files are root's
 */
export async function checkAccess(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  const names = await readdir(path).catch(() => []);
  for (const name of names) await checkAccess(join(path, name));
}
