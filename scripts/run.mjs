// Bundles a program in TypeScript, FOLDER/main.ts, and the other files beside it, which it may start as processes of their
// own, into node_modules/.cache, and runs it. Usage: node scripts/run.mjs FOLDER [ARGUMENT…]
import { build } from 'esbuild';

const [folder] = process.argv.splice(2, 1);
const outdir = `node_modules/.cache/slimboard/${folder}`;
await build({
  entryPoints: [`${folder}/*.ts`],
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
});
await import(new URL(`../${outdir}/main.js`, import.meta.url).href);
