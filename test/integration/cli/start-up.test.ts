import { execFile, spawnSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../support/cli.ts';
import { newFolder } from '../../support/new-folder.ts';

// What a command loads is what its user waits for before it begins.

let folder: string;

beforeAll(async () => {
  folder = await newFolder();
  await runCommand(['migrate'], { cwd: folder });
});

/** The files that a command ran, in all its threads: `dist/slimboard.cjs`, or `node_modules/undici`. */
async function loadedBy(command: string): Promise<readonly string[]> {
  const coverage = await newFolder();
  const { stderr } = await runCommand(command.split(' '), { cwd: folder, env: { NODE_V8_COVERAGE: coverage } });
  expect(stderr).not.toContain('unexpected');
  const urls = readdirSync(coverage).flatMap((name) => {
    const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as { result: { url: string }[] };
    return result.map(({ url }) => url);
  });
  const names = urls.map((url) => /\/((?:node_modules\/(?:@[^/]+\/)?|dist\/)[^/]+)[^?]*$/.exec(url)?.[1] ?? url);
  return [...new Set(names)].filter((name) => /^(?:node_modules|dist)\//.test(name)).sort();
}

test.each(['--help', '-h'])('%s loads nothing but the prebuilt help', async (command) => {
  expect(await loadedBy(command)).toEqual(['dist/slimboard.cjs']);
});

test('the prebuilt help equals that of the commands', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [resolve('dist/command-line.cjs'), '--help']);
  expect(await runCommand(['--help'], { cwd: folder })).toEqual({ code: 0, stdout, stderr: '' });
});

test('if the prebuilt help cannot be written in full, the commands write it and report why', async () => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [resolve('dist/slimboard.cjs'), '--help'], {
    stdio: ['ignore', full, 'pipe'],
    encoding: 'utf8',
  });
  closeSync(full);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('cannot write to stdout') });
});

test('a command whose log cannot be written does its work all the same', () => {
  const full = openSync('/dev/full', 'w');
  const { status, stdout } = spawnSync(process.execPath, [resolve('dist/slimboard.cjs'), 'report', 'teams'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', full],
    encoding: 'utf8',
  });
  closeSync(full);
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'nothing to report\n' });
});

test.each(['--version', 'report --help'])('%s loads the command line and no module', async (command) => {
  expect(await loadedBy(command)).toEqual(['dist/command-line.cjs', 'dist/slimboard.cjs']);
});

test.each(['status', 'report audits', 'report images --format csv'])(
  '%s loads no package but the database: nothing that audits or writes pages, settings and tables bundled',
  async (command) => {
    const packages = (await loadedBy(command)).filter((name) => name.startsWith('node_modules/'));
    expect(packages).toEqual(['node_modules/@electric-sql/pglite']);
  },
);

test('a host with several addresses has time for a handshake with each of them', async () => {
  const report = join(folder, 'report-timeout.mjs');
  const code = `process.on('exit', () => process.stderr.write(String(net.getDefaultAutoSelectFamilyAttemptTimeout())));`;
  writeFileSync(report, `import net from 'node:net';\n${code}`);
  const env = { NODE_OPTIONS: `--import ${report}` };
  // A lost first packet is sent again after a second.
  expect(Number((await runCommand(['--version'], { cwd: folder, env })).stderr)).toBeGreaterThan(1_000);
});

test('status, which has no columns to align, compiles no tables of emoji', async () => {
  const files = (await loadedBy('status')).filter((name) => name.startsWith('dist/'));
  expect(files.filter((name) => readFileSync(name, 'utf8').includes('RGI_Emoji'))).toEqual([]);
});

/** What V8 says of the WebAssembly that a command compiles: all of it by Liftoff, and what runs for long by TurboFan. */
async function compiledBy(command: string): Promise<string> {
  const args = ['--trace-wasm-compilation-times', resolve('dist/slimboard.cjs'), ...command.split(' ')];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, env: {}, maxBuffer: 2 ** 26 });
  expect(stdout).toContain('using Liftoff');
  return stdout;
}

test('a short command does not wait for the optimising compiler on the embedded database', async () => {
  expect(await compiledBy('report audits')).not.toContain('using TurboFan');
});

test('a report over a large database uses the optimising compiler', async () => {
  const large = join(folder, '.slimboard/pgdata/base/none-of-its-tables');
  writeFileSync(large, '');
  truncateSync(large, 1_000_000_000);
  expect(await compiledBy('report audits')).toContain('using TurboFan');
  rmSync(large);
});
