import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, exit, globalOptions }: CommandContext): void {
  command
    .option('--plain-http', 'connect to registries without TLS')
    .action(async (targets: readonly string[], options: object) => {
      const { prepare } = await import('../prepare.ts');
      const { doctorCommand } = await import('../run/doctor-command.ts');
      exit(await doctorCommand(await prepare(io, globalOptions(), options), targets));
    });
}
