import { type Command, InvalidArgumentError } from 'commander';
import type { CommandContext } from '../io.ts';

export function registerServe(program: Command, { io, exit }: CommandContext): void {
  program
    .command('serve')
    .description('the dashboard and its JSON API, on 127.0.0.1:8620; elsewhere with SLIMBOARD_SERVE_TOKEN')
    .option('--host <address>', 'where to listen')
    .option('--port <port>', 'on which port; 0: any free one', port)
    .action(async (options: { readonly host?: string; readonly port?: number }) => {
      const { prepare } = await import('../prepare.ts');
      const { serveCommand } = await import('../run/serve-command.ts');
      exit(await serveCommand(await prepare(io, program.opts()), options));
    });
}

function port(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535)
    throw new InvalidArgumentError('write a whole number from 0 to 65535');
  return Number(text);
}
