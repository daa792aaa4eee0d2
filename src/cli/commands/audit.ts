import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addReadingOptions } from '../reading-options.ts';

export function define(command: Command, { exit, prepare }: CommandContext): void {
  addReadingOptions(command).action(async (targets: readonly string[], options: object) => {
    const { auditCommand } = await import('../run/audit-command.ts');
    exit(await auditCommand(await prepare(options), targets));
  });
}
