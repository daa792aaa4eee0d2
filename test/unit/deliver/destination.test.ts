import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, readlink, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { writeTo } from '../../../src/deliver/write-destination.ts';
import { destinationOf, formatDestination } from '../../../src/settings/destination.ts';
import { newFolder } from '../../support/new-folder.ts';

const VALUES = { date: '2026-11-23', audit: 7, source: 'prod' };

test.each([
  ['reports/teams-{date}.csv', '/srv/reports/teams-2026-11-23.csv'],
  ['/var/{source}/{audit}.json', '/var/prod/7.json'],
  ['plain.html', '/srv/plain.html'],
  ['s3://bucket/a/{date}/teams.csv', 's3://bucket/a/2026-11-23/teams.csv'],
  ['a:b.csv', '/srv/a:b.csv'],
])('%s leads to %s', (path, expected) => {
  expect(formatDestination(destinationOf(path, VALUES, '/srv'))).toBe(expected);
});

test.each([
  ['s3://reports', 'cannot write a report to "s3://reports"'],
  ['s3:///key', 's3://BUCKET/KEY'],
  ['S3://bucket/key', 's3://BUCKET/KEY'],
  ['gs://bucket/key', 's3://BUCKET/KEY'],
  ['https://example.com/report.csv', 'expected the path of a file'],
  ['file:///srv/report.csv', 'expected the path of a file'],
  ['reports/{Date}.csv', 'unknown placeholder "{Date}": expected {date}, {audit} or {source}'],
  ['s3://bucket/{kind}.csv', 'unknown placeholder "{kind}"'],
  ['reports/images.csv.gz', 'cannot write a report to "reports/images.csv.gz": reports are not compressed'],
  ['s3://bucket/images.ndjson.ZST', 'reports are not compressed'],
  ['reports/images.tgz', 'reports are not compressed'],
  ['', 'cannot write a report to "": expected the path of a file'],
])('%s leads nowhere, and is no name of a file', (path, message) => {
  expect(() => destinationOf(path, VALUES, '/srv')).toThrow(message);
});

test('the name of a source cannot escape the folder', () => {
  const values = { ...VALUES, source: '../../etc/127.0.0.1:5000' };
  expect(formatDestination(destinationOf('out/{source}.csv', values, '/srv'))).toBe(
    '/srv/out/.._.._etc_127.0.0.1_5000.csv',
  );
});

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});

async function* chunks(texts: readonly string[], failure?: Error) {
  yield* texts;
  if (failure) throw failure;
}
const never = new AbortController().signal;

test('a file is replaced as a whole, in folders that are created if needed', async () => {
  const destination = destinationOf('a/b/report.csv', VALUES, folder);
  await writeTo(destination, chunks(['old']), { contentType: 'text/csv', signal: never });
  await writeTo(destination, chunks(['new', ' text']), { contentType: 'text/csv', signal: never });
  expect(await readFile(join(folder, 'a/b/report.csv'), 'utf8')).toBe('new text');
});

const MEGABYTE = 1_048_576;

test.each([
  ['nothing', []],
  ['empty pieces', ['', '']],
  ['pieces that fill the buffer exactly', ['a'.repeat(MEGABYTE - 1), 'b', 'c']],
  ['a piece larger than the buffer, between small ones', ['a', 'b'.repeat(3 * MEGABYTE), 'c']],
  [
    'characters of several bytes',
    ['ä'.repeat(400_000), 'ö'.repeat(200_000), '€'.repeat(400_000), '🙂'.repeat(300_000), 'end'],
  ],
])('text arrives whole, however it is cut: %s', async (_, pieces) => {
  await writeTo(destinationOf('report.csv', VALUES, folder), chunks(pieces), {
    contentType: 'text/csv',
    signal: never,
  });
  expect((await readFile(join(folder, 'report.csv'), 'utf8')) === pieces.join('')).toBe(true);
});

test('a report that breaks off leaves the old file and nothing else', async () => {
  const destination = destinationOf('report.csv', VALUES, folder);
  await writeTo(destination, chunks(['old']), { contentType: 'text/csv', signal: never });
  await expect(
    writeTo(destination, chunks(['half'], new Error('gone')), { contentType: 'text/csv', signal: never }),
  ).rejects.toThrow(/cannot write .*report\.csv: gone/);
  expect(await readdir(folder)).toEqual(['report.csv']);
  expect(await readFile(join(folder, 'report.csv'), 'utf8')).toBe('old');
});

test.each(['/proc/x/y/report.csv', 'taken/deeper/report.csv'])(
  'a folder that cannot be made is told, not waited for: %s',
  async (path) => {
    await writeTo(destinationOf('taken', VALUES, folder), chunks(['a file']), {
      contentType: 'text/csv',
      signal: never,
    });
    await expect(
      writeTo(destinationOf(path, VALUES, folder), chunks(['text']), { contentType: 'text/csv', signal: never }),
    ).rejects.toThrow(/cannot write .*report\.csv: E[A-Z]+: .*, (?:mkdir|stat)/);
  },
);

test('a symbolic link stays, and the file that it points to is replaced', async () => {
  await mkdir(join(folder, 'share'));
  await writeTo(destinationOf('share/report.csv', VALUES, folder), chunks(['old']), {
    contentType: 'text/csv',
    signal: never,
  });
  await symlink('share/report.csv', join(folder, 'newest.csv'));
  await writeTo(destinationOf('newest.csv', VALUES, folder), chunks(['new']), {
    contentType: 'text/csv',
    signal: never,
  });
  expect(await readlink(join(folder, 'newest.csv'))).toBe('share/report.csv');
  expect(await readFile(join(folder, 'share/report.csv'), 'utf8')).toBe('new');
});

test('a symbolic link to a file that does not exist yet stays, and that file is written', async () => {
  await symlink('latest.csv', join(folder, 'a.csv'));
  await symlink('share/today.csv', join(folder, 'latest.csv'));
  await writeTo(destinationOf('a.csv', VALUES, folder), chunks(['new']), { contentType: 'text/csv', signal: never });
  expect(await readlink(join(folder, 'a.csv'))).toBe('latest.csv');
  expect(await readlink(join(folder, 'latest.csv'))).toBe('share/today.csv');
  expect(await readFile(join(folder, 'share/today.csv'), 'utf8')).toBe('new');
});

test('a symbolic link that leads to itself is told, and stays', async () => {
  await symlink('loop.csv', join(folder, 'loop.csv'));
  await expect(
    writeTo(destinationOf('loop.csv', VALUES, folder), chunks(['text']), { contentType: 'text/csv', signal: never }),
  ).rejects.toThrow(/cannot write .*loop\.csv: ELOOP/);
  expect(await readlink(join(folder, 'loop.csv'))).toBe('loop.csv');
});

test('a file that others may not read stays unreadable when it is replaced', async () => {
  await writeTo(destinationOf('private.csv', VALUES, folder), chunks(['old']), {
    contentType: 'text/csv',
    signal: never,
  });
  await chmod(join(folder, 'private.csv'), 0o600);
  await writeTo(destinationOf('private.csv', VALUES, folder), chunks(['new']), {
    contentType: 'text/csv',
    signal: never,
  });
  expect(await readFile(join(folder, 'private.csv'), 'utf8')).toBe('new');
  expect((await stat(join(folder, 'private.csv'))).mode & 0o777).toBe(0o600);
});

test('a pipe or a device is written to, not replaced by a file', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reading = readFile(pipe, 'utf8');
  await writeTo(destinationOf('pipe', VALUES, folder), chunks(['one ', 'two']), {
    contentType: 'text/csv',
    signal: never,
  });
  expect(await reading).toBe('one two');
  expect((await stat(pipe)).isFIFO()).toBe(true);
});

test('a report that is stopped leaves nothing', async () => {
  const stop = new AbortController();
  const reason = new Error('stopped');
  async function* stopped() {
    yield 'half';
    stop.abort(reason);
    yield 'whole';
  }
  await expect(
    writeTo(destinationOf('report.csv', VALUES, folder), stopped(), { contentType: 'text/csv', signal: stop.signal }),
  ).rejects.toBe(reason);
  expect(await readdir(folder)).toEqual([]);
});
