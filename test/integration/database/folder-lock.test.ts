import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeFolderLock } from '../../../src/database/folder-lock.ts';
import { PID_SPACE, processStartOf } from '../../../src/database/process-identity.ts';
import { newFolder } from '../../support/new-folder.ts';

const WATCHED_MS = 50;
const HOUR_MS = 3_600_000;
const ELSEWHERE = 'another-boot pid:[1]';

let folder: string;
let lock: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await newFolder();
  lock = join(folder, 'lock');
});
afterEach(() => {
  child?.kill('SIGKILL');
  child = undefined;
});

/** A process that lives until the test ends; what it says first. */
async function start(...command: readonly [string, ...string[]]): Promise<string> {
  const [program, ...args] = command;
  child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [said] = child.stdout ? await once(child.stdout, 'data') : [''];
  return String(said).trim();
}

async function runningProcess(): Promise<number> {
  await start('sh', '-c', 'echo up; exec sleep 60');
  return child?.pid ?? 0;
}

async function heldBy(holder: object, ageMs = 0): Promise<void> {
  await writeFile(lock, JSON.stringify({ host: hostname(), ...holder }));
  const beat = new Date(Date.now() - ageMs);
  await utimes(lock, beat, beat);
}

const refusal = { code: 'store-locked' };

test('a lock is released by its holder, and by nobody else', async () => {
  const release = await takeFolderLock(folder);
  await expect(takeFolderLock(folder)).rejects.toMatchObject(refusal);
  await release();
  await (await takeFolderLock(folder))();
  await expect(stat(lock)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a lock identifies the process that holds it', async () => {
  const release = await takeFolderLock(folder);
  expect(JSON.parse(await readFile(lock, 'utf8'))).toEqual({
    pid: process.pid,
    host: hostname(),
    place: PID_SPACE,
    start: processStartOf(process.pid),
  });
  await release();
});

test.each([
  ['an hour back', HOUR_MS],
  ['an hour ahead', -HOUR_MS],
])('a clock that jumped leaves a running holder its lock: its last beat lies %s', async (_jump, ageMs) => {
  const pid = await runningProcess();
  await heldBy({ pid, place: PID_SPACE, start: processStartOf(pid) }, ageMs);
  await expect(takeFolderLock(folder, WATCHED_MS)).rejects.toMatchObject(refusal);
});

test("a process that reuses the holder's ID is not the holder", async () => {
  const pid = await runningProcess();
  await heldBy({ pid, place: PID_SPACE, start: '1' });
  await (await takeFolderLock(folder, WATCHED_MS))();
});

test('a killed holder that is still a zombie holds nothing', async () => {
  const pid = Number(await start('sh', '-c', 'sleep 0 & echo $!; exec sleep 60'));
  await expect.poll(() => processStartOf(pid)).toBeUndefined();
  await heldBy({ pid, place: PID_SPACE, start: '1' });
  await (await takeFolderLock(folder, WATCHED_MS))();
  await heldBy({ pid });
  await (await takeFolderLock(folder, WATCHED_MS))();
});

test('a holder on another machine keeps its lock while its heartbeat goes on', async () => {
  await heldBy({ pid: 1, host: 'other.example.com', place: ELSEWHERE, start: '1' });
  await expect(takeFolderLock(folder, WATCHED_MS)).rejects.toMatchObject({
    ...refusal,
    message: expect.stringContaining('process 1 on other.example.com'),
  });
});

test.each([
  ['long ago', HOUR_MS],
  ['in the future', -HOUR_MS],
])(
  'a holder on another machine that beat last %s is watched, and loses its lock when it is silent',
  async (_when, ageMs) => {
    await heldBy({ pid: 1, host: 'other.example.com', place: ELSEWHERE, start: '1' }, ageMs);
    await (await takeFolderLock(folder, WATCHED_MS))();
  },
);

test('a holder on a machine with a different clock keeps its lock while its heartbeat goes on', async () => {
  await heldBy({ pid: 1, host: 'other.example.com', place: ELSEWHERE, start: '1' }, HOUR_MS);
  await start('sh', '-c', `echo up; while true; do touch -d '2 hours ago' ${lock}; sleep 0.01; done`);
  await expect(takeFolderLock(folder, 1_000)).rejects.toMatchObject(refusal);
});

test('an unreadable lock is watched like one of another machine', async () => {
  await writeFile(lock, '');
  await expect(takeFolderLock(folder, WATCHED_MS)).rejects.toMatchObject(refusal);
  const old = new Date(Date.now() - HOUR_MS);
  await utimes(lock, old, old);
  await (await takeFolderLock(folder, WATCHED_MS))();
});
