import type { Database } from './database.ts';

/**
 * Opens Postgres where a URL is given, else the embedded database in a folder. Either is loaded only when needed.
 * @throws SettingsError, StoreLockedError, StoreUnavailableError as the adapters say
 */
export async function openDatabase(options: { readonly url?: string; readonly dataDir: string }): Promise<Database> {
  if (options.url) return (await import('./pg-database.ts')).openPostgres(options.url);
  return (await import('./pglite-database.ts')).openPglite(options.dataDir);
}
