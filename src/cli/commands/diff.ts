import type { Command } from 'commander';
import { addImageOptions, type ImageOptions } from '../image-options.ts';
import type { CommandContext } from '../io.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  addImageOptions(command).action(async (before: string, after: string, options: ImageOptions) => {
    const { prepare } = await import('../prepare.ts');
    const { diffCommand } = await import('../run/diff-command.ts');
    const { plainHttp } = options;
    await diffCommand(await prepare(io, globalOptions(), { plainHttp }), before, after, options);
  });
}
