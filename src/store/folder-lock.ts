import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SettingsError, StoreLockedError } from '../errors.ts';
import { isRunning, PID_SPACE, processStartOf } from './process-identity.ts';

/** How often the holder shows that it lives, by touching the file. */
const HEARTBEAT_MS = 5_000;
/** A holder on another machine, which cannot be asked, is suspected after so long without a heartbeat. */
const SILENT_MS = 60_000;
/** It is then watched for so long, and gone only if the heartbeat stands still: clocks jump and differ, changes do not. */
const WATCH_MS = 3 * HEARTBEAT_MS;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Absent in the locks of older versions, and where the system does not tell. */
  readonly place?: string;
  readonly start?: string;
}

export interface FolderLockOptions {
  /** How long a silent holder elsewhere is watched (ms); default 15,000. */
  readonly watchMs?: number;
}

/**
 * Takes a folder for this process alone, by a file that only one can create.
 * @returns what releases it
 * @throws StoreLockedError naming the process that has it
 * @throws SettingsError when the folder cannot be written
 */
export async function takeFolderLock(folder: string, options: FolderLockOptions = {}): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const mine = JSON.stringify(ownIdentity());
  if (!(await create(path, mine))) {
    await removeStale(path, options.watchMs ?? WATCH_MS);
    if (!(await create(path, mine))) throw await lockedError(path);
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS).unref();
  const release = (): void => {
    clearInterval(heartbeat);
    if (readOrEmpty(path) === mine) rmSync(path, { force: true });
  };
  process.once('exit', release);
  return async () => {
    process.off('exit', release);
    release();
  };
}

function ownIdentity(): Holder {
  const start = processStartOf(process.pid);
  return { pid: process.pid, host: hostname(), ...(PID_SPACE && start ? { place: PID_SPACE, start } : {}) };
}

async function create(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new SettingsError(
      `cannot write ${path}: choose another folder for the embedded database, or set SLIMBOARD_DATABASE_URL`,
      { cause },
    );
  }
}

/** Removes the lock of a process that ended without doing so. @throws StoreLockedError when its holder may live */
async function removeStale(path: string, watchMs: number): Promise<void> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (content === undefined) return;
  if (!(await isStale(path, content, watchMs))) throw await lockedError(path);
  // Two processes may both find it stale: only one renames it, and what it renamed must be what it judged.
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => undefined);
  const taken = await readFile(aside, 'utf8').catch(() => undefined);
  if (taken !== undefined && taken !== content) await rename(aside, path);
  await rm(aside, { force: true });
}

async function isStale(path: string, content: string, watchMs: number): Promise<boolean> {
  const holder = parseHolder(content);
  // Where both were started is one: the process itself tells, and no clock is asked.
  if (holder?.place !== undefined && holder.place === PID_SPACE) return processStartOf(holder.pid) !== holder.start;
  if (holder?.place === undefined && holder?.host === hostname() && !isRunning(holder.pid)) return true;
  return isSilent(path, watchMs);
}

async function isSilent(path: string, watchMs: number): Promise<boolean> {
  const before = await lastBeat(path);
  if (before !== undefined && Math.abs(Date.now() - before) < SILENT_MS) return false;
  await sleep(watchMs);
  return (await lastBeat(path)) === before;
}

async function lastBeat(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}

function parseHolder(content: string): Holder | undefined {
  try {
    const { pid, host, place, start } = JSON.parse(content) as Partial<Holder>;
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    return { pid, host, ...(typeof place === 'string' && typeof start === 'string' ? { place, start } : {}) };
  } catch {
    return undefined;
  }
}

async function lockedError(path: string): Promise<StoreLockedError> {
  const holder = parseHolder(await readFile(path, 'utf8').catch(() => ''));
  const by = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return new StoreLockedError(
    `the embedded database is in use by ${by} (${path}): wait until it ends, or use Postgres by SLIMBOARD_DATABASE_URL`,
  );
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The folder is gone: the database's own errors will say so.
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
