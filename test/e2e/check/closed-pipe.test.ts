import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommand } from '../../support/cli.ts';
import { image } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { startRegistry } from '../../support/registry-server.ts';

test('the exit code reports a violated policy, even if the reader of the list closes the pipe early', async () => {
  const cwd = await newFolder();
  await writeFile(join(cwd, 'slimboard.yaml'), 'policy: { rules: { root-user: error } }');
  const registry = await startRegistry();
  for (let at = 0; at < 400; at++) registry.push('team-a/app', `1.${at}`, image());
  await runCommand(['audit', registry.host], { cwd });
  await registry.close();
  const wrapper = ['bash', '-c', 'set -o pipefail; "$@" | head -c 1', 'bash'];
  const args = ['check', '--audit', '1', '--format', 'json'];
  expect(await runCommand(args, { cwd, wrapper })).toEqual({ code: 3, stdout: '{', stderr: '' });
});
