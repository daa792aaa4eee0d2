// Bundles the benchmark, which is TypeScript, beside the installed packages, and runs it with the arguments given.
import { spawnSync } from 'node:child_process';
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
const { status } = spawnSync(process.execPath, [`${outdir}/main.js`, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
