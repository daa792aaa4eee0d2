import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreVersionError } from '../errors.ts';
import { packagePath } from '../package-root.ts';
import type { Database, Queryable } from './database.ts';

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

/**
 * Brings the schema up to date: plain SQL files, applied in order, each in a transaction. A migration inserts its own
 * row first, so that of two processes that start at once one waits, and then finds the migration applied.
 * @returns the names of the migrations that were applied
 * @throws StoreVersionError when the database was migrated by a newer slimboard
 */
export async function migrate(db: Database): Promise<readonly string[]> {
  const missing = await missingMigrations(db);
  if (missing.length > 0) await createMigrationTable(db);
  const done: string[] = [];
  for (const migration of missing) if (await apply(db, migration)) done.push(migration.name);
  return done;
}

/** Checks the schema's version. @throws StoreVersionError when it is older or newer than this program needs */
export async function requireCurrentSchema(db: Database): Promise<void> {
  const missing = await missingMigrations(db);
  if (missing.length === 0) return;
  throw new StoreVersionError(
    missing[0]?.version === 1
      ? 'the database has no slimboard schema yet: run "slimboard migrate", or an audit'
      : `the database's schema is older than this program (migrations missing: ${missing.length}): run "slimboard migrate"`,
  );
}

/** The migrations of this program that the database lacks. @throws StoreVersionError when it has one of a newer program */
async function missingMigrations(db: Database): Promise<readonly Migration[]> {
  const migrations = await readMigrations();
  const applied = await appliedVersions(db);
  const newest = migrations.at(-1)?.version ?? 0;
  const highest = Math.max(0, ...applied);
  if (highest > newest)
    throw new StoreVersionError(
      `the database has schema version ${highest}, this program knows ${newest}: upgrade slimboard, or use another database`,
    );
  return migrations.filter(({ version }) => !applied.has(version));
}

async function readMigrations(): Promise<readonly Migration[]> {
  const folder = packagePath('migrations');
  const names = (await readdir(folder)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => ({
      version: Number(name.slice(0, 4)),
      name,
      sql: await readFile(join(folder, name), 'utf8'),
    })),
  );
}

async function appliedVersions(db: Database): Promise<ReadonlySet<number>> {
  const [found] = await db.query<{ found: boolean }>("select to_regclass('schema_migration') is not null as found");
  if (!found?.found) return new Set();
  const rows = await db.query<{ version: number }>('select version from schema_migration');
  return new Set(rows.map(({ version }) => version));
}

async function apply(db: Database, { version, name, sql }: Migration): Promise<boolean> {
  return db.transaction(async (tx) => {
    const inserted = await tx.query(
      'insert into schema_migration (version, name) values ($1, $2) on conflict do nothing returning version',
      [version, name],
    );
    if (inserted.length === 0) return false;
    for (const statement of splitStatements(sql)) await tx.query(statement);
    return true;
  });
}

async function createMigrationTable(db: Queryable): Promise<void> {
  const sql =
    'create table if not exists schema_migration (version integer primary key, name text not null, applied_at timestamptz not null default now())';
  // "if not exists" is not safe against concurrency: of two processes that create it at once one gets an error, and its
  // second attempt finds the table.
  await db.query(sql).catch(() => db.query(sql));
}

/** Requires that every statement ends with a semicolon at the end of a line, and that no other line ends with one. */
function splitStatements(sql: string): readonly string[] {
  return sql
    .split(/;[ \t]*(?:\r?\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement.replace(/^\s*--.*$/gm, '').trim() !== '');
}
