// Bundles the entry points into dist/. The command line is one CommonJS file, for Node.js starts it in less time than an
// ES module, and before it comes a small one that knows the help; what it loads when a command runs are ES modules, whose shared code is split into chunks, so that a command
// loads only what it runs. Beside them lies an embedded database without rows: a first start takes a third of the time
// and half the memory of making one.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/** Packages that nearly every command loads: their hundreds of files take longer to find than to run. Others stay outside. */
const BUNDLED = new Set(['commander', 'cron-parser', 'pino', 'string-width', 'yaml', 'zod']);
const COMMANDS = resolve('src/cli/commands/');
// Tests build into a dist/ that other runs may be using: only a release starts from nothing.
if (process.argv.includes('--clean')) await rm('dist', { recursive: true, force: true });
const packages = resolving(/^[^./]/, dependency);
const later = new Map();
const { inputs } = await bundle({
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  entryPoints: { 'command-line': 'src/cli/main.ts' },
  plugins: [packages, resolving(/^\.{1,2}\//, laterModule)],
  // Most of its time is reading its text.
  minify: true,
});
await bundle({
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  entryPoints: { slimboard: 'src/cli/bin.ts' },
  plugins: [resolving(/^\.\/main\.ts$/, commandLine)],
  // What it imports is CommonJS, too: require() does without the loader of ES modules.
  supported: { 'dynamic-import': false },
});
// What both load is there twice.
if (inputs['src/errors.ts'])
  throw new Error('the command line would not know the errors of what it loads by their class');
await bundle({
  format: 'esm',
  splitting: true,
  // What packages that are no ES modules require of Node.js has to come from somewhere.
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  entryPoints: {
    ...Object.fromEntries(later),
    auditor: 'workers/auditor.ts',
    scheduler: 'workers/scheduler.ts',
    'pglite-thread': 'src/store/pglite-thread.ts',
  },
  plugins: [packages],
});
await writeFile('dist/help.txt', await told('--help'));
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

/** An esbuild plugin that asks where the imported paths of a form lead. */
function resolving(filter, resolved) {
  return { name: resolved.name, setup: (bundler) => bundler.onResolve({ filter }, resolved) };
}

/** What a command imports when it runs is an entry of the next build; commands are in the file of the command line. */
function laterModule({ path, resolveDir, kind }) {
  const file = resolve(resolveDir, path);
  if (kind !== 'dynamic-import' || file.startsWith(COMMANDS)) return undefined;
  const name = basename(file, '.ts');
  if ((later.get(name) ?? file) !== file) throw new Error(`${file} and ${later.get(name)} would be one file in dist/`);
  later.set(name, file);
  return { path: `./${name}.js`, external: true };
}

function commandLine() {
  return { path: './command-line.cjs', external: true };
}

/** What the command line that was just built writes to stdout, with nothing of the environment: it may name a database. */
async function told(argument, cwd) {
  const args = [resolve('dist/command-line.cjs'), argument];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd, env: {} });
  return stdout;
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
    await told('migrate', folder);
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
