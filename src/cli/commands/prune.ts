import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import type { PruneFlags } from '../run/prune-command.ts';

export function define(command: Command, { prepare }: CommandContext): void {
  command
    .option('--dry-run', 'show what would be removed, and remove nothing')
    .option('--source <name>', 'also remove this source, which is no longer in the settings, with its history')
    .action(async (flags: PruneFlags) => {
      const { pruneCommand } = await import('../run/prune-command.ts');
      await pruneCommand(await prepare(), flags);
    });
}
