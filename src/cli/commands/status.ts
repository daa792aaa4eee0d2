import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, exit, globalOptions }: CommandContext): void {
  command
    .option('--watch', 'update every two seconds until the audit has ended')
    .option('--format <format>', 'table or json', 'table')
    .action(async (audit: number | undefined, options: { readonly watch?: boolean; readonly format: string }) => {
      const { prepare } = await import('../prepare.ts');
      const { statusCommand } = await import('../run/status-command.ts');
      exit(await statusCommand(await prepare(io, globalOptions()), { ...options, audit }));
    });
}
