import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, expect, test } from 'vitest';
import { unpackTemplate } from '../../../src/database/unpack-template.ts';
import { newFolder } from '../../support/new-folder.ts';
import { tarOfEntries } from '../../support/tar-entries.ts';

let folder: string;
let template: string;
beforeEach(async () => {
  folder = await newFolder();
  template = join(folder, 'template.tgz');
});

const ENTRIES = [
  { name: '/PG_VERSION', content: '18\n' },
  { name: '/base', type: 'directory' },
  { name: '/base/1', type: 'directory' },
  { name: '/base/1/112', content: Buffer.alloc(100_000, 'page') },
  { name: '/base/1/empty', content: '' },
] as const;

test('unpacks folders and files as archived, and creates the target folder', async () => {
  await writeFile(template, gzipSync(await tarOfEntries(ENTRIES)));
  const data = join(folder, 'new/pgdata');
  await unpackTemplate(template, data);
  expect((await readdir(data, { recursive: true })).sort()).toEqual([
    'PG_VERSION',
    'base',
    'base/1',
    'base/1/112',
    'base/1/empty',
  ]);
  expect(await readFile(join(data, 'PG_VERSION'), 'utf8')).toBe('18\n');
  expect(await readFile(join(data, 'base/1/112'))).toEqual(Buffer.alloc(100_000, 'page'));
  expect(await readFile(join(data, 'base/1/empty'), 'utf8')).toBe('');
});

test('a truncated archive is rejected', async () => {
  const tar = await tarOfEntries(ENTRIES);
  await writeFile(template, gzipSync(tar.subarray(0, 60_000)));
  await expect(unpackTemplate(template, join(folder, 'pgdata'))).rejects.toThrow();
});
