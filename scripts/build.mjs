// Bundles the entry points into dist/. Code shared by entries is split into chunks, so that a command loads only what it
// runs. Beside them lies an embedded database without rows: a first start takes a third of the time and half the memory
// of making one.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** Packages that nearly every command loads: their hundreds of files take longer to find than to run. Others stay outside. */
const BUNDLED = new Set(['commander', 'cron-parser', 'pino', 'string-width', 'yaml', 'zod']);
/** What a start shares with other chunks, in one file: esbuild would make one for each set of entries that share something. */
const COMMON = [
  './errors.ts',
  './package-version.ts',
  './without-credentials.ts',
  './cli/exit-code.ts',
  './cli/metrics-port.ts',
  './report/names.ts',
];
// Tests build into a dist/ that other runs may be using: only a release starts from nothing.
if (process.argv.includes('--clean')) await rm('dist', { recursive: true, force: true });
const options = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  // What packages that are no ES modules require of Node.js has to come from somewhere.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  sourcemap: true,
  logLevel: 'warning',
};
const { metafile } = await build({
  ...options,
  metafile: true,
  stdin: { contents: COMMON.map((path) => `export * from '${path}';`).join('\n'), resolveDir: 'src' },
  outfile: 'dist/common.js',
});
const inCommon = new Set(Object.keys(metafile.inputs).map((path) => resolve(path)));
await build({
  ...options,
  entryPoints: {
    slimboard: 'src/cli/main.ts',
    auditor: 'workers/auditor.ts',
    scheduler: 'workers/scheduler.ts',
    'pglite-thread': 'src/store/pglite-thread.ts',
  },
  outdir: 'dist',
  splitting: true,
  plugins: [
    { name: 'dependencies', setup: (bundler) => bundler.onResolve({ filter: /^[^./]/ }, dependency) },
    { name: 'common', setup: (bundler) => bundler.onResolve({ filter: /^\.{1,2}\// }, common) },
  ],
});
const TEMPLATE = 'dist/pglite-template.tgz';
await copyFile(await emptyDatabase(), TEMPLATE);

function common({ path, resolveDir }) {
  return inCommon.has(resolve(resolveDir, path)) ? { path: './common.js', external: true } : undefined;
}

function dependency({ path, kind, importer }) {
  const isBundled = BUNDLED.has(path) || importer.includes('/node_modules/');
  return kind === 'entry-point' || isBundled ? undefined : { path, external: true };
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
