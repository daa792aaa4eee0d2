import type { Command } from 'commander';
import { parseAuditNumber } from '../audit-number.ts';
import { addImageOptions } from '../image-options.ts';
import type { CommandContext } from '../io.ts';
import type { CheckOptions } from '../run/check-command.ts';

export function define(command: Command, { io, exit, globalOptions }: CommandContext): void {
  command.option(
    '--audit <id>',
    'check every image of the sources of this audit, as the audit judged it',
    parseAuditNumber,
  );
  addImageOptions(command, 'table, json, junit or sarif').action(
    async (images: readonly string[], options: CheckOptions) => {
      const { prepare } = await import('../prepare.ts');
      const { checkCommand } = await import('../run/check-command.ts');
      const { plainHttp } = options;
      await checkCommand(await prepare(io, globalOptions(), { plainHttp }), images, options, exit);
    },
  );
}
