import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addReadingOptions } from '../options.ts';

export function define(command: Command, { exit, prepare, whenStopped }: CommandContext): void {
  addReadingOptions(command).action(async (targets: readonly string[], options: object) => {
    whenStopped('what was done is kept, and the next audit goes on from there');
    const { auditCommand } = await import('../run/audit-command.ts');
    exit(await auditCommand(await prepare(options), targets));
  });
}
