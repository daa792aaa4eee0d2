import { readFileSync, rmSync, utimesSync } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, StoreLockedError } from '../errors.ts';
import { unwritable } from './disk.ts';
import { isRunning, PID_SPACE, processStartOf } from './process-identity.ts';

/** How often the holder touches the lock file to show that it is alive. */
const HEARTBEAT_MS = 5_000;
/**
 * A holder on another machine or in another container, whose processes cannot be looked up, is suspected to be gone
 * after this time without a heartbeat.
 */
const SILENT_MS = 60_000;
/**
 * A suspect is then watched for this long, and counts as gone only if no heartbeat comes. Clocks jump and differ
 * between machines; whether the file's time changes does not depend on them.
 */
const WATCH_MS = 3 * HEARTBEAT_MS;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** {@link PID_SPACE} of the holder. Absent in locks of older versions, and where the system does not provide it. */
  readonly place?: string;
  /** From {@link processStartOf}; absent like `place`. */
  readonly start?: string;
}

/**
 * Locks a folder for this process, by creating a lock file exclusively. A lock whose holder has died is replaced.
 * @param watchMs how long a holder whose process cannot be looked up is watched once it has no heartbeat
 * @returns a function that releases the lock
 * @throws StoreLockedError naming the process that holds the lock
 * @throws SettingsError when the folder cannot be written, StoreUnavailableError when its disk is full
 */
export async function takeFolderLock(folder: string, watchMs = WATCH_MS): Promise<() => Promise<void>> {
  const path = join(folder, 'lock');
  const ownContent = JSON.stringify(ownIdentity());
  if (!(await create(path, ownContent))) {
    await removeStale(path, watchMs);
    if (!(await create(path, ownContent))) throw await lockedError(path);
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS).unref();
  const release = (): void => {
    clearInterval(heartbeat);
    if (readOrEmpty(path) === ownContent) rmSync(path, { force: true });
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
    const file = await open(path, 'wx');
    try {
      await file.writeFile(content);
    } catch (error) {
      // An empty lock would look like that of another process.
      await rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return false;
    throw unwritable(path, cause);
  }
}

/** Removes the lock of a process that died without doing so. @throws StoreLockedError when its holder may be alive */
async function removeStale(path: string, watchMs: number): Promise<void> {
  const content = await readFile(path, 'utf8').catch(() => undefined);
  if (content === undefined) return;
  if (!(await isStale(path, content, watchMs))) throw await lockedError(path);
  // Two processes may find the same lock stale. Only one succeeds in renaming it, and it must make sure that what it
  // renamed is what it looked at, not a lock that the other one has created since.
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => undefined);
  const renamed = await readFile(aside, 'utf8').catch(() => undefined);
  if (renamed !== undefined && renamed !== content) await rename(aside, path);
  await rm(aside, { force: true });
}

async function isStale(path: string, content: string, watchMs: number): Promise<boolean> {
  const holder = parseHolder(content);
  // Same machine and process namespace: the process can be looked up, and no clock is needed.
  if (holder?.place !== undefined && holder.place === PID_SPACE) return processStartOf(holder.pid) !== holder.start;
  if (holder?.place === undefined && holder?.host === hostname() && !isRunning(holder.pid)) return true;
  return hasNoHeartbeat(path, watchMs);
}

async function hasNoHeartbeat(path: string, watchMs: number): Promise<boolean> {
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
  const holderText = holder ? `process ${holder.pid} on ${holder.host}` : 'another process';
  return new StoreLockedError(
    `the embedded database is in use by ${holderText} (${path}): stop it, wait until it ends, or use Postgres: set SLIMBOARD_DATABASE_URL`,
  );
}

function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // The folder is gone: the database's own errors will report it.
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
