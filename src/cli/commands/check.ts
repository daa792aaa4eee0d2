import type { Command } from 'commander';
import { parseAuditNumber } from '../audit-number.ts';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, exit, globalOptions }: CommandContext): void {
  command
    .option('--audit <id>', 'check every image of the sources of this audit, as the audit judged it', parseAuditNumber)
    .option('--platform <os/arch>', 'platform to choose from an image index', 'linux/amd64')
    .option('--format <format>', 'table, json, junit or sarif', 'table')
    .option('--catalogue', "also look up their bases in the database's catalogue")
    .option('--plain-http', 'connect to the registries without TLS')
    .action(
      async (
        images: readonly string[],
        options: {
          readonly platform: string;
          readonly format: string;
          readonly audit?: number;
          readonly catalogue?: boolean;
        },
      ) => {
        const { prepare } = await import('../prepare.ts');
        const { checkCommand } = await import('../run/check-command.ts');
        const { platform, format, audit, catalogue = false, ...flags } = options;
        const session = await prepare(io, globalOptions(), flags);
        await checkCommand(session, images, { platform, format, audit, catalogue }, exit);
      },
    );
}
