import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newPostgresUrl } from '../../support/databases.ts';
import { runInProcess } from '../../support/program.ts';

test.each([
  ['lab', 'the settings have a source "lab": remove it there first'],
  ['old', 'the database has no source "old"; it has: none'],
])('prune removes no source that the settings have, or nobody knows: %s', async (name, message) => {
  const folder = await mkdtemp(join(tmpdir(), 'slimboard-prune-'));
  await writeFile(
    join(folder, 'slimboard.yaml'),
    'sources: [{ name: lab, kind: oci, registry: registry.example.com }]',
  );
  const { code, stderr } = await runInProcess(folder, [
    '--database',
    await newPostgresUrl(),
    'prune',
    '--source',
    name,
  ]);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
});
