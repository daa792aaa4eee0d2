import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Loaded before a measured program: tells at its end what it used. */
const file = process.env.BENCH_USAGE_FILE;
if (isMainThread && file !== undefined) {
  process.once('exit', () => writeFileSync(file, JSON.stringify(process.resourceUsage())));
}
