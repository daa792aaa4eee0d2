import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addImageOptions, type ImageOptions } from '../options.ts';

export function define(command: Command, { prepare }: CommandContext): void {
  addImageOptions(command).action(async (before: string, after: string, options: ImageOptions) => {
    const { diffCommand } = await import('../run/diff-command.ts');
    await diffCommand(await prepare(options), before, after, options);
  });
}
