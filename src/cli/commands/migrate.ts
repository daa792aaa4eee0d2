import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';

export function define(command: Command, { io, prepare }: CommandContext): void {
  command.action(async () => {
    const { openDatabase } = await import('../../database/open-database.ts');
    const { migrate } = await import('../../database/migrate.ts');
    const { settings } = await prepare();
    const db = await openDatabase({ url: settings.databaseUrl, dataDir: settings.dataDir, brief: true });
    try {
      const applied = await migrate(db);
      io.stdout.write(
        applied.length === 0 ? 'the schema is up to date\n' : applied.map((name) => `applied ${name}\n`).join(''),
      );
    } finally {
      await db.close();
    }
  });
}
