import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { openDatabase } from '../../src/store/open-database.ts';
import { databaseSnapshot } from './database-snapshot.ts';
import { newPostgresUrl } from './databases.ts';
import { type RunningProcess, startProcess } from './processes.ts';
import { startRedis, type TestRedis } from './redis.ts';

export type Snapshot = Awaited<ReturnType<typeof databaseSnapshot>>;

export interface InstallationOptions {
  /** slimboard.yaml, whole. */
  readonly settings: string;
  /** Default: a new database on the test run's Postgres. */
  readonly databaseUrl?: string;
  /** Variables of every process, beside the addresses of Redis and Postgres. */
  readonly env?: Readonly<Record<string, string>>;
  /** Redis keeps its data when it is killed. */
  readonly persistent?: boolean;
}

/** What somebody installs: settings in a folder, Redis, Postgres, and processes of dist/ as they start them. */
export interface Installation {
  readonly redis: TestRedis;
  readonly databaseUrl: string;
  slimboard(args: readonly string[], file?: string): RunningProcess;
  /** Resolves when it is ready. */
  startWorker(): Promise<RunningProcess>;
  /** The database, once a process has made its tables. */
  openDatabase(): Promise<Database>;
  /** Ends every process that still runs, then Redis. */
  close(): Promise<void>;
}

export async function startInstallation(options: InstallationOptions): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'slimboard-e2e-'));
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
      await worker.says('the worker is ready');
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

/** What one process alone makes of the same sources. */
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

/** Every row as one process makes it, the newest audit whole, and no task left but what is delivered after it. */
export async function expectSame(db: Database, expected: Snapshot, tags: number): Promise<void> {
  const snapshot = await databaseSnapshot(db);
  for (const [name, rows] of Object.entries(expected)) expect(snapshot[name], name).toEqual(rows);
  const [audit] = await db.query(
    'select status, tags_listed, tags_audited, tags_failed from audit order by id desc limit 1',
  );
  expect(audit).toEqual({ status: 'finished', tags_listed: tags, tags_audited: tags, tags_failed: 0 });
  expect(await db.query("select key from audit_task where kind <> 'deliver'")).toEqual([]);
}
