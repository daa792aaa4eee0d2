import v8 from 'node:v8';
import type { Settings } from '../settings/settings.ts';
import type { Database } from '../store/database.ts';
import { migrate, requireCurrentSchema } from '../store/migrate.ts';
import { openDatabase } from '../store/open-database.ts';

/**
 * Opens the database that the settings name, with its schema up to date.
 * @param access `read`: a Postgres whose schema is not current is refused, for a reader may not change it; an embedded
 * database is opened for few statements
 */
export async function openStore(settings: Settings, access: 'write' | 'read' = 'write'): Promise<Database> {
  const { databaseUrl, dataDir } = settings;
  const db = await openDatabase({ dataDir, brief: access === 'read', ...(databaseUrl ? { url: databaseUrl } : {}) });
  try {
    if (access === 'read' && db.kind === 'postgres') await requireCurrentSchema(db);
    else await migrate(db);
    collectEarly();
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}

/**
 * Left to itself, V8 lets 30 MB in use grow to 130 MB before it collects: an audit shall leave its machine to others.
 * Not sooner: once a flag has changed, Node.js compiles its own modules anew instead of taking them from its snapshot.
 */
function collectEarly(): void {
  v8.setFlagsFromString('--heap-growing-percent=70');
}
