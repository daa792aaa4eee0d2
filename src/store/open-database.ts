import type { Database } from './database.ts';

export interface DatabaseOptions {
  /** Of Postgres; without it the embedded database is opened. */
  readonly url?: string;
  readonly dataDir: string;
  /** Its statements are few: an embedded database that is not large is not compiled for speed, which takes longer than they do. */
  readonly brief?: boolean;
}

/**
 * Opens Postgres where a URL is given, else the embedded database in a folder. Either is loaded only when needed.
 * @throws SettingsError, StoreLockedError, StoreUnavailableError as the adapters say
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.url) return (await import('./pg-database.ts')).openPostgres(options.url);
  return (await import('./pglite-database.ts')).openPglite(options.dataDir, options);
}
