import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open-database.ts';
import { newPostgresUrl } from '../../support/databases.ts';
import { newFolder } from '../../support/new-folder.ts';
import { runInProcess } from '../../support/program.ts';

test.each([
  ['lab', 'the settings have a source "lab": remove it there first'],
  ['old', 'the database has no source "old"; it has: none'],
])('prune removes no source that the settings have, or nobody knows: %s', async (name, message) => {
  const folder = await newFolder();
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

test('prune says that it would remove a source, or removed it, whose rows it does not count', async () => {
  const folder = await newFolder();
  const url = await newPostgresUrl();
  const run = (...words: string[]) => runInProcess(folder, ['--database', url, ...words]);
  await run('migrate');
  const db = await openDatabase({ url, dataDir: '' });
  await db.query("insert into source (name, kind, dedup) values ('old', 'oci', 'registry')");
  await db.close();
  for (const [flags, says] of [
    [['--dry-run'], 'would remove'],
    [[], 'removed'],
  ] as const) {
    const { code, stdout } = await run('prune', '--source', 'old', ...flags);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(`^${says} the source old, and of the rest\n`),
    });
  }
});

test('prune keeps everything where the settings say so by a very long time', async () => {
  const folder = await newFolder();
  await writeFile(join(folder, 'slimboard.yaml'), 'retention: { audits: 9999y, content: 9999y }');
  const url = await newPostgresUrl();
  const run = (...words: string[]) => runInProcess(folder, ['--database', url, ...words]);
  expect((await run('prune', '--dry-run')).stderr).toBe('');
  expect((await run('prune')).code).toBe(0);
});

test.each([
  [
    { audits: '5d', content: '30d' },
    { audits: '1', repositories: '0' },
  ],
  [
    { audits: '30d', content: '5d' },
    { audits: '0', repositories: '1' },
  ],
])('prune keeps audits and content for as long as the settings say of each: %j', async (retention, expected) => {
  const folder = await newFolder();
  await writeFile(join(folder, 'slimboard.yaml'), JSON.stringify({ retention }));
  const url = await newPostgresUrl();
  const run = (...words: string[]) => runInProcess(folder, ['--database', url, ...words]);
  await run('migrate');
  const db = await openDatabase({ url, dataDir: '' });
  await db.query(`
    with at as (select now() - interval '10 days' as at),
    source as (insert into source (name, kind, dedup) values ('lab', 'oci', 'registry') returning id),
    repository as (
      insert into repository (source_id, registry, name, first_seen_at, last_seen_at, ended_at)
      select id, 'registry.example.com', 'team/gone', at, at, at from source, at)
    insert into audit (lane, status, stage, options, started_at, finished_at, heartbeat_at)
    select 'nightly', 'failed', 'done', '{}', at, at, at from at`);
  await db.close();
  for (const words of [['--dry-run'], []]) {
    const { stdout } = await run('prune', ...words);
    const counts = Object.fromEntries(
      [...stdout.matchAll(/^\s*(\w+):?\s+(\d+)$/gm)].map(([, name, count]) => [name, count]),
    );
    expect(counts).toMatchObject(expected);
  }
});

test('prune says that it leaves content as it is while an audit runs', async () => {
  const url = await newPostgresUrl();
  const run = (...words: string[]) => runInProcess('/', ['--database', url, ...words]);
  await run('migrate');
  const db = await openDatabase({ url, dataDir: '' });
  await db.query(
    "insert into audit (lane, status, stage, options, started_at, heartbeat_at) values ('nightly', 'running', 'inventory', '{}', now(), now())",
  );
  await db.close();
  const { code, stderr } = await run('prune');
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining('an audit is running: content is left'),
  });
});
