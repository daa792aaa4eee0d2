import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { createDatabase } from './postgres.ts';

/** The two databases that slimboard runs on, for suites that must pass on both. */
export const BACKENDS: readonly { readonly name: 'pglite' | 'postgres'; open(): Promise<Database> }[] = [
  { name: 'pglite', open: () => openDatabase({ dataDir: ':memory:' }) },
  { name: 'postgres', open: async () => openDatabase({ url: await newPostgresUrl(), dataDir: '' }) },
];

/** The URL of a new, empty database on the test run's Postgres. */
export function newPostgresUrl(): Promise<string> {
  return createDatabase(inject('postgresUrl'), `test_${randomUUID().replaceAll('-', '')}`);
}

/** Empties every table but the list of migrations: much faster than creating a database. */
export async function emptyTables(db: Database): Promise<void> {
  const tables = await db.query<{ name: string }>(
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename <> 'schema_migration'",
  );
  await db.query(`truncate ${tables.map(({ name }) => name).join(', ')} restart identity cascade`);
}

/**
 * Gives a suite a database with the current schema that is empty before each of its tests, and closes it after the last.
 * @param use receives the database before the first test
 */
export function useEmptyDatabase(open: () => Promise<Database>, use: (db: Database) => void): void {
  let db: Database | undefined;
  beforeAll(async () => {
    db = await open();
    await migrate(db);
    use(db);
  });
  afterAll(() => db?.close());
  beforeEach(async () => {
    if (db) await emptyTables(db);
  });
}
