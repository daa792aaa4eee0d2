import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { SettingsError, StoreLockedError } from '../errors.ts';

/** How often the holder shows that it lives, by touching the file. */
const HEARTBEAT_MS = 10_000;
/** From another machine or container a process cannot be asked: there, only the heartbeat counts. */
const FOREIGN_STALE_MS = 60_000;
/** On this machine the process id counts; so long without a heartbeat, the id belongs to somebody else by now. */
const LOCAL_STALE_MS = 600_000;

interface Holder {
  readonly pid: number;
  readonly host: string;
}

/**
 * Takes a folder for this process alone, by a file that only one can create.
 * @returns what releases it
 * @throws StoreLockedError naming the process that has it
 * @throws SettingsError when the folder cannot be written
 */
export async function takeFolderLock(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const mine = JSON.stringify({ pid: process.pid, host: hostname() } satisfies Holder);
  if (!(await create(path, mine))) {
    await removeStale(path);
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
async function removeStale(path: string): Promise<void> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (content === undefined) return;
  if (!(await isStale(path, content))) throw await lockedError(path);
  // Two processes may both find it stale: only one renames it, and what it renamed must be what it judged.
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => undefined);
  const taken = await readFile(aside, 'utf8').catch(() => undefined);
  if (taken !== undefined && taken !== content) await rename(aside, path);
  await rm(aside, { force: true });
}

async function isStale(path: string, content: string): Promise<boolean> {
  const age = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
  const holder = parseHolder(content);
  if (!holder || holder.host !== hostname()) return age > FOREIGN_STALE_MS;
  return holder.pid === process.pid || !isAlive(holder.pid) || age > LOCAL_STALE_MS;
}

function parseHolder(content: string): Holder | undefined {
  try {
    const { pid, host } = JSON.parse(content) as Partial<Holder>;
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Where nobody waits for ended processes (a container without an init), they stay listed. @see proc(5), /proc/pid/stat */
function isZombie(pid: number): boolean {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
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
