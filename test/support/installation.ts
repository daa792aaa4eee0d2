import { rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { databaseSnapshot } from './database-snapshot.ts';
import { newPostgresUrl } from './databases.ts';
import { newFolder } from './new-folder.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { startRedis, type TestRedis } from './redis.ts';

export type Snapshot = Awaited<ReturnType<typeof databaseSnapshot>>;

export interface InstallationOptions {
  /** The text of slimboard.yaml. */
  readonly settings: string;
  /** Default: a new database on the test run's Postgres. */
  readonly databaseUrl?: string;
  /** Environment variables of every process, in addition to the URLs of Redis and Postgres. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether Redis keeps its data when it is killed; default false. */
  readonly persistent?: boolean;
}

/** An installation as users have it: a folder with settings, Redis, Postgres, and processes started from dist/. */
export interface Installation {
  readonly redis: TestRedis;
  readonly databaseUrl: string;
  /** Starts a file of dist/; default: the command line. */
  slimboard(args: readonly string[], file?: string): RunningProcess;
  /** Starts a worker; resolves when it is ready. */
  startWorker(): Promise<RunningProcess>;
  /** Opens the database, whose tables a process must have created. */
  openDatabase(): Promise<Database>;
  /** Kills every process that still runs, then Redis, and removes the folder. */
  close(): Promise<void>;
}

export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const folder = await newFolder();
  await writeFile(join(folder, 'slimboard.yaml'), options.settings);
  const redis = await startRedis({ persistent: options.persistent ?? false });
  const databaseUrl = options.databaseUrl ?? (await newPostgresUrl());
  const opened: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true }), () => redis.stop()];
  const env = { ...options.env, SLIMBOARD_DATABASE_URL: databaseUrl, SLIMBOARD_REDIS_URL: redis.url };
  const slimboard = (args: readonly string[], file = 'slimboard.cjs'): RunningProcess => {
    const running = startProcess(resolve('dist', file), args, { cwd: folder, env });
    opened.push(() => running.stop('SIGKILL'));
    return running;
  };
  return {
    redis,
    databaseUrl,
    slimboard,
    async startWorker() {
      const worker = slimboard([], 'auditor.js');
      await worker.waitForOutput('the worker is ready');
      return worker;
    },
    async openDatabase() {
      const db = await openDatabase({ url: databaseUrl, dataDir: '' });
      opened.push(() => db.close());
      return db;
    },
    async close() {
      for (const close of opened.splice(0).reverse()) await close();
    },
  };
}

/** The database after a single process has audited the sources of the settings. */
export async function snapshotAlone(settings: string): Promise<Snapshot> {
  const installation = await startInstallation({ settings });
  try {
    const alone = installation.slimboard(['audit']);
    expect(await alone.exited, alone.output()).toBe(0);
    return await databaseSnapshot(await installation.openDatabase());
  } finally {
    await installation.close();
  }
}

/** Expects the same rows as in a snapshot, a newest audit that audited all tags, and no tasks except deliveries. */
export async function expectSame(db: Database, expected: Snapshot, tags: number): Promise<void> {
  const snapshot = await databaseSnapshot(db);
  for (const [name, rows] of Object.entries(expected)) expect(snapshot[name], name).toEqual(rows);
  const [audit] = await db.query(
    'select status, tags_listed, tags_audited, tags_failed from audit order by id desc limit 1',
  );
  expect(audit).toEqual({ status: 'finished', tags_listed: tags, tags_audited: tags, tags_failed: 0 });
  expect(await db.query("select key from audit_task where kind <> 'deliver'")).toEqual([]);
}
