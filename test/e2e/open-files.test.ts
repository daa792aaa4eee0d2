import { expect, test } from 'vitest';
import { runCommand } from '../support/cli.ts';
import { newFolder } from '../support/new-folder.ts';

test('a process that may open too few files says so in one line', async () => {
  const wrapper = ['sh', '-c', 'ulimit -n 48; exec "$@"', 'sh'];
  const { code, stdout, stderr } = await runCommand(['status'], { cwd: await newFolder(), wrapper });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^slimboard: too many open files: raise the limit of this process, .*\n$/);
});
