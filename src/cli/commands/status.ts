import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';

export function define(command: Command, { exit, prepare }: CommandContext): void {
  command
    .option('--watch', 'update every two seconds until the audit has ended')
    .option('--format <format>', 'table or json', 'table')
    .action(async (audit: number | undefined, options: { readonly watch?: boolean; readonly format: string }) => {
      const { statusCommand } = await import('../run/status-command.ts');
      exit(await statusCommand(await prepare(), { ...options, audit }));
    });
}
