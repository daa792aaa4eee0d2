import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command
    .option('--platform <os/arch>', 'platform to choose from an image index', 'linux/amd64')
    .option('--format <format>', 'table or json', 'table')
    .option('--catalogue', "also look up their bases in the database's catalogue")
    .option('--plain-http', 'connect to the registries without TLS')
    .action(
      async (
        before: string,
        after: string,
        options: { readonly platform: string; readonly format: string; readonly catalogue?: boolean },
      ) => {
        const { prepare } = await import('../prepare.ts');
        const { diffCommand } = await import('../run/diff-command.ts');
        const { platform, format, catalogue = false, ...flags } = options;
        await diffCommand(await prepare(io, globalOptions(), flags), before, after, { platform, format, catalogue });
      },
    );
}
