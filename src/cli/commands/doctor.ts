import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { PLAIN_HTTP } from '../options.ts';

export function define(command: Command, { exit, prepare }: CommandContext): void {
  command.option(...PLAIN_HTTP).action(async (targets: readonly string[], options: object) => {
    const { doctorCommand } = await import('../run/doctor-command.ts');
    exit(await doctorCommand(await prepare(options), targets));
  });
}
