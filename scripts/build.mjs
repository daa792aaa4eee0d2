// Bundles the entry points into dist/. Code shared by entries is split into chunks, so that a command loads only what it
// runs. Dependencies stay outside the bundle, but for the parser of the command line, which every start loads. Beside
// them lies an embedded database without rows: a first start takes a third of the time and half the memory of making one.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

// Tests build into a dist/ that other runs may be using: only a release starts from nothing.
if (process.argv.includes('--clean')) await rm('dist', { recursive: true, force: true });
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
  plugins: [{ name: 'dependencies', setup: (bundler) => bundler.onResolve({ filter: /^[^./]/ }, dependency) }],
  // What commander requires of Node.js has to come from somewhere in an ES module.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  sourcemap: true,
  logLevel: 'warning',
});
const TEMPLATE = 'dist/pglite-template.tgz';
await copyFile(await emptyDatabase(), TEMPLATE);

function dependency({ path, kind }) {
  return kind === 'entry-point' || path === 'commander' ? undefined : { path, external: true };
}

/** Made once for each version of PGlite and of the schema, and kept beside the installed packages. */
async function emptyDatabase() {
  const path = join('node_modules', '.cache', 'slimboard', `pglite-${await templateKey()}.tgz`);
  if (existsSync(path)) return path;
  // Not from an older template.
  await rm(TEMPLATE, { force: true });
  const folder = await mkdtemp(join(tmpdir(), 'slimboard-template-'));
  try {
    // Nothing of the environment: it may name a database that is not to be touched.
    await promisify(execFile)(process.execPath, [resolve('dist/slimboard.js'), 'migrate'], { cwd: folder, env: {} });
    const { PGlite } = await import('@electric-sql/pglite');
    const database = await PGlite.create(join(folder, '.slimboard', 'pgdata'));
    const dump = await database.dumpDataDir('gzip');
    await database.close();
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, Buffer.from(await dump.arrayBuffer()));
  } finally {
    await rm(folder, { recursive: true });
  }
  return path;
}

async function templateKey() {
  const { version } = JSON.parse(await readFile('node_modules/@electric-sql/pglite/package.json', 'utf8'));
  const schema = createHash('sha256');
  for (const name of (await readdir('migrations')).sort()) schema.update(await readFile(join('migrations', name)));
  return `${version}-${schema.digest('hex').slice(0, 12)}`;
}
