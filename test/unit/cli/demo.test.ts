import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { EXIT } from '../../../src/cli/exit-code.ts';
import type { Io, RunCommandLine } from '../../../src/cli/io.ts';
import { demoCommand } from '../../../src/cli/run/demo-command.ts';
import { newFolder } from '../../support/new-folder.ts';

test('the demo uses its own database, whatever the environment names', async () => {
  const sink = () => new Writable({ write: (_, __, done) => done() });
  const environment = { DATABASE_URL: 'x', SLIMBOARD_DATABASE_URL: 'x', SLIMBOARD_DATA_DIR: 'x', NO_COLOR: '1' };
  const cwd = await newFolder();
  const io: Io = {
    stdout: sink(),
    stderr: sink(),
    environment,
    cwd,
    now: () => new Date(),
    signal: new AbortController().signal,
  };
  const seen: unknown[] = [];
  const run: RunCommandLine = async (_, { environment, cwd }) => {
    seen.push({ environment, cwd });
    return EXIT.done;
  };
  expect(await demoCommand(io, run, 'tour')).toBe(0);
  expect(new Set(seen.map((one) => JSON.stringify(one)))).toEqual(
    new Set([JSON.stringify({ environment: { NO_COLOR: '1' }, cwd: join(cwd, 'tour') })]),
  );
});
