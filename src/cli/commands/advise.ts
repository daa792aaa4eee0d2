import type { Command } from 'commander';
import { addImageOptions } from '../image-options.ts';
import type { CommandContext } from '../io.ts';
import type { AdviseOptions } from '../run/advise-command.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  command.option(
    '--goal <goal>',
    'how small the image should become: a reduction such as 90%, or a size such as 120MB',
  );
  addImageOptions(command).action(async (image: string, options: AdviseOptions) => {
    const { prepare } = await import('../prepare.ts');
    const { adviseCommand } = await import('../run/advise-command.ts');
    const { plainHttp } = options;
    await adviseCommand(await prepare(io, globalOptions(), { plainHttp }), image, options);
  });
}
