import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command
    .option('--goal <goal>', 'how small the image should become: a reduction such as 90%, or a size such as 120MB')
    .option('--platform <os/arch>', 'platform to choose from an image index', 'linux/amd64')
    .option('--format <format>', 'table or json', 'table')
    .option('--catalogue', "also look up its base, and the sizes of other bases, in the database's catalogue")
    .option('--plain-http', 'connect to the registry without TLS')
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
