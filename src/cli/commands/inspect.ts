import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addImageOptions } from '../options.ts';
import type { InspectOptions } from '../run/inspect-command.ts';

export function define(command: Command, { prepare }: CommandContext): void {
  command.option('--deep', 'also read its layers: unpacked sizes, waste, largest files, packages, setuid programs');
  addImageOptions(command).action(async (image: string, options: InspectOptions) => {
    const { inspectCommand } = await import('../run/inspect-command.ts');
    await inspectCommand(await prepare(options), image, options);
  });
}
