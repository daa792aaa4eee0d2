import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes an empty folder; the end of the test run removes it. */
export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'slimboard-'));
}
