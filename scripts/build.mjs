// Bundles the entry points into dist/. Dependencies stay outside the bundle, and code shared by entries is split into
// chunks, so that a command loads only what it runs. Takes well under a second.
import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

await rm('dist', { recursive: true, force: true });
await build({
  entryPoints: {
    slimboard: 'src/cli/main.ts',
    auditor: 'workers/auditor.ts',
    scheduler: 'workers/scheduler.ts',
    'pglite-thread': 'src/store/pglite-thread.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
});
