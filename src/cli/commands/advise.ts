import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command
    .option('--goal <goal>', 'how small it shall become: 90% off, or a size such as 120MB')
    .option('--platform <os/arch>', 'which image of an index', 'linux/amd64')
    .option('--format <format>', 'table or json', 'table')
    .option('--catalogue', "look its base up, and what others weigh, in the database's catalogue, too")
    .option('--plain-http', 'talk to the registry without TLS')
    .action(
      async (
        image: string,
        options: {
          readonly platform: string;
          readonly format: string;
          readonly goal?: string;
          readonly catalogue?: boolean;
        },
      ) => {
        const { prepare } = await import('../prepare.ts');
        const { adviseCommand } = await import('../run/advise-command.ts');
        const { platform, format, goal, catalogue = false, ...flags } = options;
        await adviseCommand(await prepare(io, globalOptions(), flags), image, { platform, format, goal, catalogue });
      },
    );
}
