import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command
    .option('--platform <os/arch>', 'which image of an index', 'linux/amd64')
    .option('--format <format>', 'table or json', 'table')
    .option('--deep', 'read its layers, too: sizes unpacked, waste, largest files, packages, setuid programs')
    .option('--catalogue', "look its base up in the database's catalogue, too")
    .option('--plain-http', 'talk to the registry without TLS')
    .action(
      async (
        image: string,
        options: {
          readonly platform: string;
          readonly format: string;
          readonly deep?: boolean;
          readonly catalogue?: boolean;
        },
      ) => {
        const { prepare } = await import('../prepare.ts');
        const { inspectCommand } = await import('../run/inspect-command.ts');
        const { platform, format, deep = false, catalogue = false, ...flags } = options;
        await inspectCommand(await prepare(io, globalOptions(), flags), image, { platform, format, deep, catalogue });
      },
    );
}
