import type { Settings } from './settings/settings.ts';
import type { Database } from './store/database.ts';
import { migrate, requireCurrentSchema } from './store/migrate.ts';
import { openDatabase } from './store/open-database.ts';

/**
 * Opens the database that the settings name, with its schema up to date.
 * @param access `read`: a Postgres whose schema is not current is refused, for a reader may not change it
 */
export async function openStore(settings: Settings, access: 'write' | 'read' = 'write'): Promise<Database> {
  const { databaseUrl, dataDir } = settings;
  const db = await openDatabase({ dataDir, ...(databaseUrl ? { url: databaseUrl } : {}) });
  try {
    if (access === 'read' && db.kind === 'postgres') await requireCurrentSchema(db);
    else await migrate(db);
    return db;
  } catch (error) {
    await db.close();
    throw error;
  }
}
