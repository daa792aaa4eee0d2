import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function registerDemo(program: Command, { io, exit, run }: CommandContext): void {
  program
    .command('demo')
    .description('a tour on sample images, served by a local registry that it starts itself')
    .option('--folder <folder>', 'where settings, database and reports go', 'slimboard-demo')
    .action(async (options: { readonly folder: string }) => {
      const { demoCommand } = await import('../run/demo-command.ts');
      exit(await demoCommand(io, run, options.folder));
    });
}
