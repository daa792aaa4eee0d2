import { codeOf, SettingsError, StoreUnavailableError } from '../errors.ts';

const DISK_FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether a file could not be written because a disk, or a quota, is full. */
export function isDiskFull(error: unknown): boolean {
  return DISK_FULL_CODES.has(codeOf(error));
}

/** The failure of the embedded database to write a file of its folder, for one line on stderr. */
export function unwritable(path: string, cause: unknown): Error {
  return isDiskFull(cause)
    ? new StoreUnavailableError(
        `the embedded database cannot write ${path}; free space on its disk, and the next run continues from there`,
        { cause },
      )
    : new SettingsError(
        `cannot write ${path}: choose another folder for the embedded database, or set SLIMBOARD_DATABASE_URL`,
        { cause },
      );
}
