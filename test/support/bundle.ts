import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** Bundles a TypeScript file so that Node.js can run it as a process. @returns the path of the bundle */
export async function bundle(entry: string, name: string): Promise<string> {
  const outfile = resolve(join('node_modules', '.cache', 'slimboard', `${name}-${process.pid}.mjs`));
  await build({ entryPoints: [entry], outfile, bundle: true, format: 'esm', platform: 'node', packages: 'external' });
  return outfile;
}
