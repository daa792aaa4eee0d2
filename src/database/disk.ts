import { constants } from 'node:fs';
import { access, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf, isDiskFull, SettingsError, StoreUnavailableError } from '../errors.ts';

/** What to check by the code of a failure to write; of others, who owns the file. */
const CHECKS: Readonly<Record<string, string>> = {
  EROFS: 'how its file system is mounted',
  EEXIST: 'that it is a folder',
  ENOTDIR: 'that it is in a folder',
};

/** The failure of the embedded database to write a file of its folder, for one line on stderr. */
export function unwritable(path: string, cause: unknown): Error {
  return isDiskFull(cause)
    ? new StoreUnavailableError(
        `the embedded database cannot write ${path}; free space on its disk, and the next run continues from there`,
        { cause },
      )
    : new SettingsError(
        `cannot write ${path} (${codeOf(cause)}): check ${CHECKS[codeOf(cause)] ?? 'who owns it'}, choose another folder for the embedded database, or set SLIMBOARD_DATABASE_URL`,
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

/** Sizes of a segment of the write-ahead log and of a page. */
const SEGMENT_BYTES = 16_777_216;
const PAGE_BYTES = 8_192;

/**
 * Whether another segment of the write-ahead log could be written. Writes only the last page of a sparse file, so that
 * the check itself takes no space.
 */
export async function canWriteWalSegment(dataDir: string): Promise<boolean> {
  const path = join(dirname(dataDir), 'room');
  try {
    const file = await open(path, 'w');
    await file.write(Buffer.alloc(PAGE_BYTES), 0, PAGE_BYTES, SEGMENT_BYTES - PAGE_BYTES).finally(() => file.close());
    return true;
  } catch (error) {
    return !isDiskFull(error);
  } finally {
    await rm(path, { force: true });
  }
}
