import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function registerPrune(program: Command, { io }: CommandContext): void {
  program
    .command('prune')
    .description('remove what the settings under "retention" keep no longer; nothing that a tag leads to')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .action(async ({ dryRun = false }: { readonly dryRun?: boolean }) => {
      const { prepare } = await import('../prepare.ts');
      const { pruneCommand } = await import('../run/prune-command.ts');
      await pruneCommand(await prepare(io, program.opts()), dryRun);
    });
}
