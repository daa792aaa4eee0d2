import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command.action(async () => {
    const { prepare } = await import('../prepare.ts');
    const { openDatabase } = await import('../../database/open-database.ts');
    const { migrate } = await import('../../database/migrate.ts');
    const { settings } = await prepare(io, globalOptions());
    const db = await openDatabase({
      dataDir: settings.dataDir,
      brief: true,
      ...(settings.databaseUrl ? { url: settings.databaseUrl } : {}),
    });
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
