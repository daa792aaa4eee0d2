import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes a folder the TMPDIR of a project's tests and servers, and removes it at the end with what killed processes left
 * in it. Vitest prepares one project after the other, and ends them in reverse: each folder is in the one before.
 */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'slimboard-'));
  // Postgres and PgBouncer may run as another user.
  chmodSync(folder, 0o755);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  return () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
