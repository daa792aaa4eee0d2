import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The permissions of a folder that only its owner may look into, as Postgres demands of its own: configs of images may hold
 * secrets of unknown forms.
 */
export const PRIVATE = 0o700;

/**
 * Creates a folder and its missing parents, one at a time. Node.js's recursive mkdir never returns on a file system
 * such as /proc, which fails with ENOENT even if the parent exists.
 * @param mode the permissions of the folder itself, if it is created; default: what the umask leaves
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  if (await isFolder(path)) return;
  await makeFolder(dirname(path));
  await mkdir(path, { mode }).catch(async (error: unknown) => {
    // Another process may have created it in the meantime.
    if (!(await isFolder(path))) throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}
