import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command
    .option('--dry-run', 'show what would be removed, and remove nothing')
    .action(async ({ dryRun = false }: { readonly dryRun?: boolean }) => {
      const { prepare } = await import('../prepare.ts');
      const { pruneCommand } = await import('../run/prune-command.ts');
      await pruneCommand(await prepare(io, globalOptions()), dryRun);
    });
}
