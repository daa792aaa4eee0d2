import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addReadingOptions } from '../reading-options.ts';

export function define(command: Command, { exit, prepare }: CommandContext): void {
  command.option('--format <format>', 'table or json', 'table');
  addReadingOptions(command).action(async (targets: readonly string[], options: { readonly format: string }) => {
    const { planCommand } = await import('../run/plan-command.ts');
    exit(await planCommand(await prepare(options), targets, options.format));
  });
}
