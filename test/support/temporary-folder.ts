import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What a run leaves behind, also in processes that it kills, lies in one folder, which goes at its end. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'slimboard-'));
  // Postgres and other services may run as users of their own.
  chmodSync(folder, 0o755);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = folder;
  return () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
