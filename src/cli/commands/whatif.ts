import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addFormatOption } from '../options.ts';
import type { WhatifOptions } from '../run/whatif-command.ts';

export function define(command: Command, { prepare }: CommandContext): void {
  addFormatOption(command)
    .requiredOption('--from <base>', 'the base image to move from, as reports name it: node:22, library/node:22')
    .requiredOption('--to <base>', 'the base image to move to: one in an audited registry, or any image reference')
    .option('--plain-http', 'connect to the registry of the new base image without TLS')
    .action(async (options: WhatifOptions) => {
      const { whatifCommand } = await import('../run/whatif-command.ts');
      await whatifCommand(await prepare(options), options);
    });
}
