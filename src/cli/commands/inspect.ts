import type { Command } from 'commander';
import { addImageOptions } from '../image-options.ts';
import type { CommandContext } from '../io.ts';
import type { InspectOptions } from '../run/inspect-command.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command.option('--deep', 'also read its layers: unpacked sizes, waste, largest files, packages, setuid programs');
  addImageOptions(command).action(async (image: string, options: InspectOptions) => {
    const { prepare } = await import('../prepare.ts');
    const { inspectCommand } = await import('../run/inspect-command.ts');
    const { plainHttp } = options;
    await inspectCommand(await prepare(io, globalOptions(), { plainHttp }), image, options);
  });
}
