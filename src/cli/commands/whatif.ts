import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';

export function define(command: Command, { prepare }: CommandContext): void {
  command
    .requiredOption('--from <base>', 'the base image to move from, as reports name it: node:22, library/node:22')
    .requiredOption('--to <base>', 'the base image to move to: one in an audited registry, or any image reference')
    .option('--format <format>', 'table or json', 'table')
    .option('--plain-http', 'connect to the registry of the new base image without TLS')
    .action(async (options: { readonly from: string; readonly to: string; readonly format: string }) => {
      const { whatifCommand } = await import('../run/whatif-command.ts');
      const { from, to, format } = options;
      await whatifCommand(await prepare(options), from, to, format);
    });
}
