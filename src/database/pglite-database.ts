import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { StoreUnavailableError, StoreVersionError } from '../errors.ts';
import { makeFolder, PRIVATE } from '../make-folder.ts';
import { builtEntry, packagePath } from '../package-root.ts';
import { streamByCursor } from './cursor.ts';
import type { Database, Queryable, Row, SqlValue } from './database.ts';
import { canWriteWalSegment, checkAccess, unwritable } from './disk.ts';
import { takeFolderLock } from './folder-lock.ts';
import {
  splitTexts,
  type ThreadAnswer,
  type ThreadOptions,
  type ThreadReady,
  type ThreadRequest,
} from './pglite-protocol.ts';

type Operation = ThreadRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;
interface Pending {
  readonly resolve: (answer: Exclude<ThreadAnswer, { error: unknown }>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens the embedded Postgres in a folder, creating it on first use. The folder is locked: PGlite would let a second
 * process open it, and destroy it.
 * @param folder absolute or relative to the working directory; `:memory:` stores nothing
 * @param options `brief` as in `openDatabase`
 * @throws StoreLockedError when another process has the folder locked
 * @throws SettingsError when the folder, or a file in it, cannot be written
 * @throws StoreVersionError when the database in it is of another version of Postgres
 * @throws StoreUnavailableError when it cannot be opened for another reason
 */
export async function openPglite(
  folder: string,
  { brief = false }: { readonly brief?: boolean } = {},
): Promise<Database> {
  if (folder === ':memory:')
    return PgliteDatabase.start(
      { dataDir: 'memory://', brief, ...templateOption() },
      async () => undefined,
      FREE_SPACE_ADVICE,
    );
  const path = resolve(folder);
  await createFolder(path);
  const release = await takeFolderLock(path);
  try {
    return await openOrCreate(path, brief, release);
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * A file that exists while the database is being created: if it is found, creation was interrupted, and what is there
 * is deleted.
 */
const CREATING_MARKER = 'creating';

async function openOrCreate(path: string, brief: boolean, release: () => Promise<void>): Promise<Database> {
  const dataDir = join(path, 'pgdata');
  const marker = join(path, CREATING_MARKER);
  if (existsSync(marker)) await rm(dataDir, { recursive: true, force: true });
  const isNew = !existsSync(dataDir);
  if (isNew) await writeFile(marker, '');
  const database = await PgliteDatabase.start(
    { dataDir, brief, ...templateOption() },
    release,
    isNew ? FREE_SPACE_ADVICE : REPAIR_ADVICE,
  ).catch(async (error: unknown) => {
    await checkAccess(dataDir);
    await checkVersion(dataDir);
    throw error;
  });
  if (isNew) await rm(marker, { force: true });
  return database;
}

/** The version of Postgres that PGlite is: it opens no folder of another one. */
const POSTGRES_VERSION = '18';

/** @throws StoreVersionError naming the version of Postgres that a folder was made with, when that is another one */
async function checkVersion(dataDir: string): Promise<void> {
  const version = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(() => '')).trim();
  if (/^\d+$/.test(version) && version !== POSTGRES_VERSION)
    throw new StoreVersionError(
      `the embedded database in ${dataDir} is of Postgres ${version}, and this slimboard has Postgres ${POSTGRES_VERSION}: use the slimboard that made it, or move the folder away to start anew`,
    );
}

/** How often to check for a slow statement, which is one that is still running at two checks in a row. */
const WATCH_MS = 5_000;
const FREE_SPACE_ADVICE = 'free space on its disk, or choose another folder';
const REPAIR_ADVICE =
  'check that its disk has room; otherwise restore it from a backup, or move the folder away to start anew';

/**
 * The option to start from the empty database that was made when the package was built: a third of the time and half
 * the memory of creating one.
 */
function templateOption(): Pick<ThreadOptions, 'templateFile'> {
  const templateFile = packagePath('dist/pglite-template.tgz');
  return existsSync(templateFile) ? { templateFile } : {};
}

async function createFolder(path: string): Promise<void> {
  try {
    await makeFolder(path, PRIVATE);
    // Nothing in the folder belongs in version control.
    await writeFile(join(path, '.gitignore'), '*\n');
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

class PgliteDatabase implements Database {
  readonly kind = 'pglite';
  readonly #thread: Worker;
  readonly #release: () => Promise<void>;
  readonly #pending = new Map<number, Pending>();
  readonly #watch: NodeJS.Timeout | undefined;
  #oldest: number | undefined;
  #nextId = 1;
  #turn: Promise<unknown> = Promise.resolve();
  #failure: Error | undefined;

  static async start(options: ThreadOptions, release: () => Promise<void>, remedy: string): Promise<PgliteDatabase> {
    const thread = new Worker(builtEntry('pglite-thread'), { workerData: options });
    const ready = await new Promise<ThreadReady>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
    }).catch((error: Error): ThreadReady => ({ ready: false, message: error.message }));
    if (ready.ready) return new PgliteDatabase(thread, release, options.dataDir);
    await thread.terminate();
    throw new StoreUnavailableError(
      `the embedded database in ${options.dataDir} cannot be opened (${ready.message}): ${remedy}`,
    );
  }

  private constructor(thread: Worker, release: () => Promise<void>, dataDir: string) {
    this.#thread = thread;
    this.#release = release;
    if (existsSync(dataDir)) this.#watch = setInterval(() => void this.#failIfDiskIsFull(dataDir), WATCH_MS).unref();
    thread.on('message', (answer: ThreadAnswer) => this.#settle(answer));
    thread.on('error', (error) => this.#fail(error));
    thread.on('exit', () => this.#fail(new Error('its thread has ended')));
  }

  query<R = Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly R[]> {
    return this.#exclusive(() => this.#query<R>(sql, parameters));
  }

  transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    return this.#exclusive(async () => {
      await this.#query('begin');
      try {
        const result = await work({ query: (sql, parameters) => this.#query(sql, parameters) });
        await this.#query('commit');
        return result;
      } catch (error) {
        await this.#query('rollback').catch(() => undefined);
        throw error;
      }
    });
  }

  async *streamTexts(
    sql: string,
    parameters: readonly SqlValue[] = [],
    batchRows?: number,
  ): AsyncGenerator<readonly string[]> {
    const release = await this.#takeTurn();
    try {
      await this.#query('begin read only');
      const session = {
        query: <S>(statement: string, values: readonly SqlValue[] = []) => this.#query<S>(statement, values),
        fetchTexts: async (statement: string) => splitTexts((await this.#ask({ op: 'fetch', sql: statement })).text),
      };
      yield* streamByCursor(session, sql, parameters, batchRows);
    } finally {
      await this.#query('rollback').catch(() => undefined);
      release();
    }
  }

  async close(): Promise<void> {
    await this.#exclusive(() => this.#ask({ op: 'close' })).catch(() => undefined);
    clearInterval(this.#watch);
    this.#failure = new Error('it was closed');
    await this.#thread.terminate();
    await this.#release();
  }

  /** Runs `work` alone: the thread has one session, which a transaction or a single query uses exclusively. */
  async #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.#takeTurn();
    try {
      return await work();
    } finally {
      release();
    }
  }

  async #takeTurn(): Promise<() => void> {
    const before = this.#turn;
    let release: () => void = () => undefined;
    this.#turn = new Promise<void>((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  }

  async #query<R = Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<readonly R[]> {
    const { rows } = await this.#ask({ op: 'query', sql, parameters });
    return (rows ?? []) as readonly R[];
  }

  #ask(operation: Operation): Promise<Exclude<ThreadAnswer, { error: unknown }>> {
    if (this.#failure)
      return Promise.reject(new StoreUnavailableError(`the embedded database has stopped: ${this.#failure.message}`));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#thread.postMessage({ id, ...operation });
    });
  }

  /**
   * Fails a slow statement if the disk has no room for the write-ahead log: PGlite would loop in its abort handler for
   * ever.
   */
  async #failIfDiskIsFull(dataDir: string): Promise<void> {
    const [oldest] = this.#pending.keys();
    const isSlow = oldest !== undefined && oldest === this.#oldest;
    this.#oldest = oldest;
    if (!isSlow || (await canWriteWalSegment(dataDir))) return;
    this.#fail(new Error(`its disk is full: ${FREE_SPACE_ADVICE}`));
    await this.#thread.terminate();
  }

  #settle(answer: ThreadAnswer): void {
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if ('error' in answer) pending?.reject(databaseError(answer.error));
    else pending?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values())
      reject(new StoreUnavailableError(`the embedded database has stopped: ${error.message}`));
    this.#pending.clear();
  }
}

/**
 * Translates an error of PGlite.
 * @see PostgreSQL documentation, appendix A: class 53 is "insufficient resources", 58 a failure of the system around
 * the database
 */
function databaseError({ message, code }: { readonly message: string; readonly code: string }): Error {
  if (/^(?:53|58)/.test(code) || /: (?:File too large|Disk quota exceeded)/.test(message))
    return new StoreUnavailableError(
      `the embedded database cannot write: ${message}; free space on its disk, and the next run continues from there`,
    );
  return Object.assign(new Error(message), code ? { code } : {});
}
