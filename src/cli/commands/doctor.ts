import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function registerDoctor(program: Command, { io, exit }: CommandContext): void {
  program
    .command('doctor')
    .description('check settings, database, Redis, and every source with its credentials, and say what is wrong')
    .argument('[targets...]', 'as for audit; none: every source of the settings')
    .option('--plain-http', 'talk to registries without TLS')
    .action(async (targets: readonly string[], options: object) => {
      const { prepare } = await import('../prepare.ts');
      const { doctorCommand } = await import('../run/doctor-command.ts');
      exit(await doctorCommand(await prepare(io, program.opts(), options), targets));
    });
}
