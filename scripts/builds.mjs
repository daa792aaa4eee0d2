// Builds the Dockerfiles that `slimboard advise` writes, runs the images, and compares their sizes with the projected
// ones. Usage: npm run test:builds [NAME…]. Needs root and buildah; see test/builds/README.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const folder = await mkdtemp(join(tmpdir(), 'slimboard-builds-'));
const outfile = join(folder, 'main.mjs');
try {
  await build({ entryPoints: ['test/builds/main.ts'], outfile, bundle: true, platform: 'node', format: 'esm' });
  const { main } = await import(outfile);
  const kept = await main(resolve('.'), process.argv.slice(2), (line) => process.stdout.write(`${line}\n`));
  process.exitCode = kept ? 0 : 1;
} finally {
  await rm(folder, { recursive: true });
}
