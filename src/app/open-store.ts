import v8 from 'node:v8';
import type { Database } from '../database/database.ts';
import { migrate, requireCurrentSchema } from '../database/migrate.ts';
import { openDatabase } from '../database/open-database.ts';
import type { Settings } from '../settings/settings.ts';

/**
 * Opens the database of the settings, and brings its schema up to date.
 * @param access `read`: the schema of a Postgres is not changed, and must be current; an embedded database is opened
 * for few statements
 */
export async function openStore(settings: Settings, access: 'write' | 'read' = 'write'): Promise<Database> {
  const { databaseUrl: url, dataDir } = settings;
  const db = await openDatabase({ url, dataDir, brief: access === 'read' });
  try {
    if (access === 'read' && db.kind === 'postgres') await requireCurrentSchema(db);
    else await migrate(db);
    collectEarly();
    if (access === 'write') inlineLess();
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

/** Opens the database as {@link openStore} does, calls `work` with it, and closes it. */
export async function withStore<T>(
  settings: Settings,
  access: 'write' | 'read',
  work: (db: Database) => Promise<T>,
): Promise<T> {
  const db = await openStore(settings, access);
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

/**
 * Makes V8 collect garbage earlier: by default a heap with 30 MB in use grows to 130 MB, memory that an audit should
 * leave to others. Not called at startup, because after a change of flags Node.js compiles its own modules instead of
 * reading them from its snapshot.
 */
function collectEarly(): void {
  v8.setFlagsFromString('--heap-growing-percent=40');
}

/**
 * Makes V8 inline less when it optimises a function: 200 bytes of bytecode instead of 920. An audit runs a large program
 * for seconds to minutes, and optimising it takes less than half as long; what is optimised is as fast.
 */
function inlineLess(): void {
  v8.setFlagsFromString('--max-inlined-bytecode-size-cumulative=200');
}
