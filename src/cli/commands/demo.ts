import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';

export function define(command: Command, { io, exit, run }: CommandContext): void {
  command
    .option('--folder <folder>', 'folder for settings, database and reports', 'slimboard-demo')
    .action(async (options: { readonly folder: string }) => {
      const { demoCommand } = await import('../run/demo-command.ts');
      exit(await demoCommand(io, run, options.folder));
    });
}
