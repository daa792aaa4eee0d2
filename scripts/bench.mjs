// Bundles the benchmark, which is TypeScript, beside the installed packages, and runs it with the arguments given.
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
