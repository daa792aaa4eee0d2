// Bundles the benchmark, which is TypeScript, into node_modules/.cache, and runs it with the given arguments.
import { build } from 'esbuild';

const outdir = 'node_modules/.cache/slimboard-bench';
await build({
  entryPoints: ['bench/main.ts', 'bench/synthetic-registry.ts', 'bench/bare-loop.ts', 'bench/usage-hook.ts'],
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
});
await import(new URL(`../${outdir}/main.js`, import.meta.url).href);
