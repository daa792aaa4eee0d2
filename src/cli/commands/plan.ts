import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addFormatOption, addReadingOptions, type TableOrJson } from '../options.ts';

interface PlanFlags {
  readonly format: TableOrJson;
}

export function define(command: Command, { exit, prepare }: CommandContext): void {
  addReadingOptions(addFormatOption(command)).action(async (targets: readonly string[], options: PlanFlags) => {
    const { planCommand } = await import('../run/plan-command.ts');
    exit(await planCommand(await prepare(options), targets, options.format));
  });
}
