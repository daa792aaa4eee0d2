import { migrate } from '../../database/migrate.ts';
import { openDatabase } from '../../database/open-database.ts';
import type { Session } from '../prepare.ts';

/** Brings the schema of the database up to date, and names the migrations that it applied. */
export async function migrateCommand({ settings, io }: Session): Promise<void> {
  const db = await openDatabase({ url: settings.databaseUrl, dataDir: settings.dataDir, brief: true });
  try {
    const applied = await migrate(db);
    io.stdout.write(
      applied.length === 0 ? 'the schema is up to date\n' : applied.map((name) => `applied ${name}\n`).join(''),
    );
  } finally {
    await db.close();
  }
}
