import type { Command } from 'commander';
import { parseAuditNumber } from '../audit-number.ts';
import type { CommandContext } from '../io.ts';

export function registerStatus(program: Command, { io, exit }: CommandContext): void {
  program
    .command('status')
    .description('progress, coverage and errors of the running or last audit')
    .argument('[audit]', 'an audit by its number', parseAuditNumber)
    .option('--watch', 'again every two seconds until the audit has ended')
    .option('--format <format>', 'table or json', 'table')
    .action(async (audit: number | undefined, options: { readonly watch?: boolean; readonly format: string }) => {
      const { prepare } = await import('../prepare.ts');
      const { statusCommand } = await import('../run/status-command.ts');
      exit(await statusCommand(await prepare(io, program.opts()), { ...options, audit }));
    });
}
