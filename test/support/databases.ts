import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, inject } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open-database.ts';
import { currentOf } from './current.ts';
import { createDatabase } from './postgres.ts';

/** One of the two databases that slimboard runs on. */
export interface Backend {
  readonly name: 'pglite' | 'postgres';
  /** A new database, without schema. */
  create(): Promise<Database>;
  /** An empty database with the current schema, which others have used and others will use once it is closed. */
  open(): Promise<Database>;
}

export const PGLITE = backend('pglite', () => openDatabase({ dataDir: ':memory:' }));
export const POSTGRES = backend('postgres', async () => openDatabase({ url: await newPostgresUrl(), dataDir: '' }));
/** For suites that must pass on both. */
export const BACKENDS: readonly Backend[] = [PGLITE, POSTGRES];

/** Starting a database, and creating its schema, takes longer than most tests: test files use a few in turn. */
function backend(name: Backend['name'], create: () => Promise<Database>): Backend {
  const idle: Database[] = [];
  const start = async (): Promise<Database> => {
    const db = await create();
    await migrate(db);
    const giveBack = async (): Promise<void> => {
      await emptyTables(db);
      idle.push(db);
    };
    return Object.assign(db, { close: giveBack });
  };
  return { name, create, open: async () => idle.pop() ?? start() };
}

/** The URL of a new, empty database on the test run's Postgres. */
export function newPostgresUrl(): Promise<string> {
  return createDatabase(inject('postgresUrl'), `test_${randomUUID().replaceAll('-', '')}`);
}

// Few rows are deleted sooner than a table is truncated. Without triggers, foreign keys ask for no order.
const EMPTY_TABLES = `do $$
declare item record;
begin
  set local session_replication_role = replica;
  for item in select oid::regclass as name, pg_relation_size(oid) > 100000 as large from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migration' loop
    execute format(case when item.large then 'truncate %s cascade' else 'delete from %s' end, item.name);
  end loop;
  for item in select format('%I', sequencename) as name from pg_sequences where schemaname = 'public' and last_value is not null loop
    execute format('alter sequence %s restart', item.name);
  end loop;
  -- What was counted of the rows before: a table that was analyzed when it was empty would be expected to stay so.
  update pg_class set relpages = 0, reltuples = -1
    where relnamespace = 'public'::regnamespace and relkind = 'r' and reltuples <> -1;
end $$`;

/** The same database, but for some of its functions. */
export function databaseWith(db: Database, changes: Partial<Database>): Database {
  return {
    kind: db.kind,
    query: (sql, parameters) => db.query(sql, parameters),
    transaction: (work) => db.transaction(work),
    streamTexts: (sql, parameters, batchRows) => db.streamTexts(sql, parameters, batchRows),
    close: () => db.close(),
    ...changes,
  };
}

/** Empties every table but the list of migrations. */
export async function emptyTables(db: Database): Promise<void> {
  await db.query(EMPTY_TABLES);
}

const KEEP_TABLES = `do $$
declare item record;
begin
  create schema kept;
  for item in select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'schema_migration' loop
    execute format('create table kept.%I as table public.%I', item.name, item.name);
  end loop;
end $$`;

const RESTORE_TABLES = `do $$
declare item record;
begin
  set local session_replication_role = replica;
  for item in select relname as name from pg_class where relnamespace = 'kept'::regnamespace and relkind = 'r' loop
    execute format('insert into public.%I overriding system value table kept.%I', item.name, item.name);
  end loop;
end $$`;

const SEQUENCES = `select format('%I', sequencename) as name, last_value::text as last from pg_sequences
  where schemaname = 'public' and last_value is not null`;

/**
 * Gives each test of a suite a database with the same contents, which are written once: audits take far longer than copies of
 * their rows.
 */
export function useFilledDatabase(open: () => Promise<Database>, fill: (db: Database) => Promise<void>): Database {
  const db = useDatabase(open);
  let sequences: readonly { readonly name: string; readonly last: string }[] = [];
  beforeAll(async () => {
    await fill(db);
    await db.query(KEEP_TABLES);
    sequences = await db.query(SEQUENCES);
  });
  beforeEach(async () => {
    await emptyTables(db);
    await db.query(RESTORE_TABLES);
    for (const { name, last } of sequences) await db.query('select setval($1::text::regclass, $2::int8)', [name, last]);
  });
  afterAll(() => db.query('drop schema kept cascade'));
  return db;
}

/** Gives a suite a database with the current schema, which is empty at first, and closes it after the last test. */
export function useDatabase(open: () => Promise<Database>): Database {
  const { current, set } = currentOf<Database>();
  beforeAll(async () => set(await open()));
  afterAll(() => current.close());
  return current;
}

/** As {@link useDatabase}, but empty before each test. */
export function useEmptyDatabase(open: () => Promise<Database>): Database {
  const db = useDatabase(open);
  beforeEach(() => emptyTables(db));
  return db;
}
