import type { Command } from 'commander';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command
    .option('--platform <os/arch>', 'which image of an index', 'linux/amd64')
    .option('--format <format>', 'table or json', 'table')
    .option('--catalogue', "look their bases up in the database's catalogue, too")
    .option('--plain-http', 'talk to the registries without TLS')
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
