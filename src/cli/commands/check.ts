import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addImageOptions, parseAuditNumber } from '../options.ts';
import type { CheckOptions } from '../run/check-command.ts';

const FORMATS: readonly CheckOptions['format'][] = ['table', 'json', 'junit', 'sarif'];

export function define(command: Command, { exit, prepare }: CommandContext): void {
  command.option(
    '--audit <id>',
    'check every image of the sources of this audit, as the audit judged it',
    parseAuditNumber,
  );
  addImageOptions(command, FORMATS).action(async (images: readonly string[], options: CheckOptions) => {
    const { checkCommand } = await import('../run/check-command.ts');
    await checkCommand(await prepare(options), images, options, exit);
  });
}
