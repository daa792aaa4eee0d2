import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';
import { addImageOptions } from '../options.ts';
import type { AdviseOptions } from '../run/advise-command.ts';

export function define(command: Command, { prepare }: CommandContext): void {
  command.option(
    '--goal <goal>',
    'how small the image should become: a reduction such as 90%, or a size such as 120MB',
  );
  addImageOptions(command).action(async (image: string, options: AdviseOptions) => {
    const { adviseCommand } = await import('../run/advise-command.ts');
    await adviseCommand(await prepare(options), image, options);
  });
}
