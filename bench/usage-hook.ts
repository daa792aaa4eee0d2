import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** Preloaded into a measured program: writes its resource usage to BENCH_USAGE_FILE when it exits. */
const file = process.env.BENCH_USAGE_FILE;
if (isMainThread && file !== undefined)
  process.once('exit', () => writeFileSync(file, JSON.stringify(process.resourceUsage())));
