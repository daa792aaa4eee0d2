import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/**
 * Makes a folder the TMPDIR of a project's tests and servers, and removes it at the end with what killed processes left
 * in it. Vitest prepares one project after the other, and ends them in reverse: each folder is in the one before.
 */
export default function setup({ tmpDir }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'slimboard-'));
  // Postgres and PgBouncer may run as another user.
  chmodSync(folder, 0o755);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  // A signal ends the run: its processes end only after this one, and Vitest leaves its own folder.
  const removeLater = (): void => {
    const args = ['-c', 'sleep 2; rm -rf "$@"', 'sh', folder, tmpDir];
    spawn('sh', args, { detached: true, stdio: 'ignore' }).unref();
  };
  process.once('exit', removeLater);
  return () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    process.off('exit', removeLater);
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
