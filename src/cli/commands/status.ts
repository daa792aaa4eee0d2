import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../io.ts';

export function registerStatus(program: Command, { io, exit }: CommandContext): void {
  program
    .command('status')
    .description('progress, coverage and errors of the running or last audit')
    .argument('[audit]', 'an audit by its number', auditNumber)
    .option('--watch', 'again every two seconds until the audit has ended')
    .option('--format <format>', 'table or json', 'table')
    .action(async (audit: number | undefined, options: { readonly watch?: boolean; readonly format: string }) => {
      const { prepare } = await import('../prepare.ts');
      const { statusCommand } = await import('../run/status-command.ts');
      exit(await statusCommand(await prepare(io, program.opts()), { ...options, audit }));
    });
}

function auditNumber(text: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text))
    throw new InvalidArgumentError('write the number of an audit, as "slimboard report audits" lists them');
  return Number(text);
}
