import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';
import { addReadingOptions } from '../reading-options.ts';

export function registerPlan(program: Command, { io, exit }: CommandContext): void {
  const command = program
    .command('plan')
    .description('what an audit would cost: repositories, tags, requests and time, without fetching a manifest')
    .argument('[targets...]', 'as for audit')
    .option('--format <format>', 'table or json', 'table');
  addReadingOptions(command).action(async (targets: readonly string[], options: { readonly format: string }) => {
    const { prepare } = await import('../prepare.ts');
    const { planCommand } = await import('../run/plan-command.ts');
    exit(
      await planCommand(await prepare(io, program.opts(), { ...options, format: undefined }), targets, options.format),
    );
  });
}
