import type { Database } from './database.ts';

/** Which database to open, and for what. */
export interface DatabaseOptions {
  /** URL of a Postgres; without it the embedded database is opened. */
  readonly url?: string | undefined;
  /** Folder of the embedded database, or `:memory:`. */
  readonly dataDir: string;
  /**
   * Only few statements will run: then a small embedded database is not compiled for speed, as that would take longer
   * than they do.
   */
  readonly brief?: boolean;
}

/**
 * Opens Postgres if a URL is given, else the embedded database. Either adapter is loaded only when needed.
 * @throws SettingsError, StoreLockedError, StoreUnavailableError as the adapters do
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  if (options.url) return (await import('./pg-database.ts')).openPostgres(options.url);
  return (await import('./pglite-database.ts')).openPglite(options.dataDir, options);
}
