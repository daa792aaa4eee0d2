import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { EXIT } from '../../../src/cli/exit-code.ts';
import type { Io, RunCommandLine } from '../../../src/cli/io.ts';
import { demoCommand } from '../../../src/cli/run/demo-command.ts';
import { newFolder } from '../../support/new-folder.ts';

function ioIn(cwd: string, environment: Io['environment'] = {}): Io {
  const sink = () => new Writable({ write: (_, __, done) => done() });
  return {
    stdout: sink(),
    stderr: sink(),
    environment,
    cwd,
    now: () => new Date(),
    signal: new AbortController().signal,
  };
}

test('the demo leaves folders alone that hold something else than an earlier demo', async () => {
  const cwd = await newFolder();
  const run: RunCommandLine = async () => EXIT.done;
  for (const _ of ['first', 'second']) expect(await demoCommand(ioIn(cwd), run, 'new/folder', {})).toBe(0);
  const settings = join(cwd, 'slimboard.yaml');
  await writeFile(settings, 'sources: []\n');
  await expect(demoCommand(ioIn(cwd), run, '.', {})).rejects.toThrow(
    `${cwd} has files that are not of a demo: choose another folder with --folder`,
  );
  expect(await readFile(settings, 'utf8')).toBe('sources: []\n');
});

test('the demo says why it cannot write to its folder', async () => {
  const cwd = await newFolder();
  await writeFile(join(cwd, 'notes'), '');
  await expect(demoCommand(ioIn(cwd), async () => EXIT.done, 'notes', {})).rejects.toThrow(
    /^cannot write to .*notes: EEXIST: .*; choose another folder with --folder$/,
  );
});

test('the demo uses its own database, whatever the environment names', async () => {
  const environment = { DATABASE_URL: 'x', SLIMBOARD_DATABASE_URL: 'x', SLIMBOARD_DATA_DIR: 'x', NO_COLOR: '1' };
  const cwd = await newFolder();
  const seen: unknown[] = [];
  const run: RunCommandLine = async (_, { environment, cwd }) => {
    seen.push({ environment, cwd });
    return EXIT.done;
  };
  expect(await demoCommand(ioIn(cwd, environment), run, 'tour', {})).toBe(0);
  expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
    new Set([JSON.stringify({ environment: { NO_COLOR: '1' }, cwd: join(cwd, 'tour') })]),
  );
});

test('the steps of the demo log as the demo is told to', async () => {
  const seen: unknown[] = [];
  const run: RunCommandLine = async (words) => {
    seen.push(words.slice(0, 3));
    return EXIT.done;
  };
  const globals = { quiet: true, logLevel: 'debug', logFormat: 'json' };
  expect(await demoCommand(ioIn(await newFolder()), run, 'tour', globals)).toBe(0);
  expect(seen).toEqual(Array(5).fill(['--log-level=debug', '--log-format=json', '--quiet']));
});
