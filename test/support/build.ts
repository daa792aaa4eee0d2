import { execFileSync } from 'node:child_process';

/** Builds dist/ once per test run: the command line, the workers and the database's thread run from there. */
export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
}
