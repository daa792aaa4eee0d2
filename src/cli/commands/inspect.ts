import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command
    .option('--platform <os/arch>', 'platform to choose from an image index', 'linux/amd64')
    .option('--format <format>', 'table or json', 'table')
    .option('--deep', 'also read its layers: unpacked sizes, waste, largest files, packages, setuid programs')
    .option('--catalogue', "also look up its base in the database's catalogue")
    .option('--plain-http', 'connect to the registry without TLS')
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
