// Bundles the entry points into dist/:
// - slimboard.cjs, a small file that writes help.txt for --help, and loads command-line.cjs for everything else. Both
//   are CommonJS, which Node.js starts faster than ES modules.
// - ES modules that commands load when they run. Shared code is split into chunks: a command loads only what it needs.
// - an empty embedded database: to start from it takes a third of the time and half the memory of creating one.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** Packages that nearly every command loads: finding their hundreds of files would take longer than running them. */
const BUNDLED = new Set(['commander', 'cron-parser', 'pino', 'string-width', 'yaml', 'zod']);
// Only a release starts from an empty dist/: tests build into one that other runs may be using.
if (process.argv.includes('--clean')) await rm('dist', { recursive: true, force: true });
const packages = resolverPlugin(/^[^./]/, externalDependency);
/** The files that the command line imports dynamically, by their name in dist/. */
const lazyEntries = new Map();
const { inputs } = await bundle({
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  entryPoints: { 'command-line': 'src/cli/main.ts' },
  plugins: [packages, resolverPlugin(/^\.{1,2}\//, lazyModule)],
  // Most of its start-up time goes into reading its source.
  minify: true,
});
await bundle({
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  entryPoints: { slimboard: 'src/cli/bin.ts' },
  plugins: [resolverPlugin(/^\.\/main\.ts$/, commandLine)],
  // It loads CommonJS only, and require() does not start the loader of ES modules.
  supported: { 'dynamic-import': false },
});
// Code in both builds exists twice, and so would the classes of errors: instanceof would fail between them.
if (inputs['src/errors.ts'])
  throw new Error('the command line would not know the errors of what it loads by their class');
await bundle({
  format: 'esm',
  splitting: true,
  // Bundled CommonJS packages call require() for modules of Node.js, which ES modules do not have.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  entryPoints: {
    ...Object.fromEntries(lazyEntries),
    auditor: 'workers/auditor.ts',
    scheduler: 'workers/scheduler.ts',
    'pglite-thread': 'src/database/pglite-thread.ts',
  },
  plugins: [packages],
});
await writeFile('dist/help.txt', await stdoutOf('--help'));
const TEMPLATE = 'dist/pglite-template.tgz';
await copyFile(await emptyDatabase(), TEMPLATE);

async function bundle(options) {
  const { metafile } = await build({
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    outdir: 'dist',
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  return metafile;
}

/** An esbuild plugin that resolves the import paths that match a filter. */
function resolverPlugin(filter, callback) {
  return { name: callback.name, setup: (bundler) => bundler.onResolve({ filter }, callback) };
}

/** Makes each dynamic import an entry of the ES module build. */
function lazyModule({ path, resolveDir, kind }) {
  if (kind !== 'dynamic-import') return undefined;
  const file = resolve(resolveDir, path);
  const name = basename(file, '.ts');
  if ((lazyEntries.get(name) ?? file) !== file)
    throw new Error(`${file} and ${lazyEntries.get(name)} would be one file in dist/`);
  lazyEntries.set(name, file);
  return { path: `./${name}.js`, external: true };
}

function commandLine() {
  return { path: './command-line.cjs', external: true };
}

/** Runs the command line that was just built. Its environment is empty, because this one may name a database. */
async function stdoutOf(argument, cwd) {
  const args = [resolve('dist/command-line.cjs'), argument];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env: {} });
  return stdout;
}

/** Leaves packages out of the bundles, except those of BUNDLED and what they import. */
function externalDependency({ path, kind, importer }) {
  const isBundled = BUNDLED.has(path) || importer.includes('/node_modules/');
  return kind === 'entry-point' || isBundled ? undefined : { path, external: true };
}

/** The archive of an empty database, made once for each version of PGlite and of the schema, in node_modules/.cache. */
async function emptyDatabase() {
  const path = join('node_modules', '.cache', 'slimboard', `pglite-${await templateKey()}.tgz`);
  if (existsSync(path)) return path;
  // The new database must not start from an older template.
  await rm(TEMPLATE, { force: true });
  const folder = await mkdtemp(join(tmpdir(), 'slimboard-template-'));
  try {
    await stdoutOf('migrate', folder);
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
