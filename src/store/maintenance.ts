import type { Database } from './database.ts';

/** The embedded database has no autovacuum: without this, every night's updates would stay in its files, and plans would be made blindly. */
export async function compact(db: Database): Promise<void> {
  if (db.kind === 'pglite') await db.query('vacuum analyze');
}
