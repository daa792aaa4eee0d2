import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';
import { addReadingOptions } from '../reading-options.ts';

export function define(command: Command, { io, exit, globalOptions }: CommandContext): void {
  command.option('--format <format>', 'table or json', 'table');
  addReadingOptions(command).action(async (targets: readonly string[], options: { readonly format: string }) => {
    const { prepare } = await import('../prepare.ts');
    const { planCommand } = await import('../run/plan-command.ts');
    exit(await planCommand(await prepare(io, globalOptions(), options), targets, options.format));
  });
}
