import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addFormatOption } from '../options.ts';
import type { StatusOptions } from '../run/status-command.ts';

export function define(command: Command, { exit, prepare }: CommandContext): void {
  addFormatOption(command)
    .option('--watch', 'update every two seconds until the audit has ended')
    .action(async (audit: number | undefined, options: StatusOptions) => {
      const { statusCommand } = await import('../run/status-command.ts');
      exit(await statusCommand(await prepare(), audit, options));
    });
}
