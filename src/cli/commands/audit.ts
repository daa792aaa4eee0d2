import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';
import { addReadingOptions } from '../reading-options.ts';

export function define(command: Command, { io, exit, globalOptions }: CommandContext): void {
  addReadingOptions(command).action(async (targets: readonly string[], options: object) => {
    const { prepare } = await import('../prepare.ts');
    const { auditCommand } = await import('../run/audit-command.ts');
    exit(await auditCommand(await prepare(io, globalOptions(), options), targets));
  });
}
