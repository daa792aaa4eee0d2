import { execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../support/cli.ts';
import { expectRefusal } from '../support/expect-refusal.ts';
import { newFolder } from '../support/new-folder.ts';

// Where slimboard runs: folders that are gone or of others, full disks, users and Node.js that are not as usual.

const isRoot = process.getuid?.() === 0;
/** Runs a command as a user without an entry in /etc/passwd, if the tests may: root may read and write everything. */
const asStranger = isRoot ? ['setpriv', '--reuid=54321', '--regid=0', '--clear-groups'] : [];

test.skipIf(!isRoot)('a user without an entry in /etc/passwd needs no HOME', async () => {
  const result = await runCommand(['inspect', '127.0.0.1:9/app:1'], {
    cwd: '/',
    wrapper: ['env', '-u', 'HOME', ...asStranger],
  });
  expectRefusal(result, 1, /connection refused/);
});

test('a HOME that is no folder holds no credentials', async () => {
  const result = await runCommand(['inspect', '127.0.0.1:9/app:1'], { cwd: '/', env: { HOME: '/dev/null' } });
  expectRefusal(result, 1, /connection refused/);
});

test('a working folder that is gone is reported', async () => {
  const result = await runCommand(['report', 'teams'], {
    cwd: await newFolder(),
    wrapper: ['sh', '-c', 'rmdir "$PWD" && exec "$@"', 'sh'],
  });
  expectRefusal(result, 2, /working folder does not exist any more/);
});

test('a Node.js that is too old is told which one to install', async () => {
  const cwd = await newFolder();
  const older = join(cwd, 'older.cjs');
  const versions = `{ ...process.versions, node: '20.18.3' }`;
  await writeFile(older, `Object.defineProperty(process, 'versions', { value: ${versions} });`);
  const result = await runCommand(['report', 'teams'], { cwd, env: { NODE_OPTIONS: `--require ${older}` } });
  expectRefusal(result, 2, /this is Node\.js 20\.18\.3: install 20\.19 or newer/);
});

test('a database with a file of another user is not taken for a damaged one', async () => {
  const cwd = await newFolder();
  await runCommand(['migrate'], { cwd });
  if (isRoot) execFileSync('chown', ['-R', '54321', cwd]);
  const file = join(cwd, '.slimboard/pgdata/global/pg_control');
  await chmod(file, 0);
  const result = await runCommand(['report', 'teams'], { cwd, wrapper: asStranger });
  expectRefusal(result, 2, /cannot write .*pg_control \(EACCES\): check who owns it/);
});

test.each(['report teams -o', 'bases export'])('a full disk is a failure of %s, no wrong setting', async (command) => {
  const result = await runCommand([...command.split(' '), '/dev/full'], { cwd: await newFolder() });
  expectRefusal(result, 1, /cannot write \/dev\/full: ENOSPC.*: free space there$/);
});

test('an unwritable folder is reported with advice', async () => {
  const cwd = await newFolder();
  await chmod(cwd, 0o755);
  await mkdir(join(cwd, 'readonly'), { mode: 0o555 });
  const result = await runCommand(['audit', '127.0.0.1:9'], {
    cwd,
    env: { SLIMBOARD_DATA_DIR: join(cwd, 'readonly', 'data') },
    wrapper: asStranger,
  });
  expectRefusal(result, 2, /cannot write.*choose another folder/);
});

test('a file system that refuses new folders does not make it hang', async () => {
  const result = await runCommand(['audit', '127.0.0.1:9'], {
    cwd: await newFolder(),
    env: { SLIMBOARD_DATA_DIR: '/proc/slimboard/data' },
  });
  expectRefusal(result, 2, /cannot write.*choose another folder/);
});

test.each([['--help'], ['report', 'teams', '--format', 'csv']])(
  'a full disk behind stdout is reported in a line: %j',
  async (...args) => {
    const intoFull = ['sh', '-c', 'exec "$@" > /dev/full', 'sh'];
    const result = await runCommand(args, { cwd: await newFolder(), wrapper: intoFull });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^slimboard: cannot write to stdout: ENOSPC: .*room$/m);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  },
);
