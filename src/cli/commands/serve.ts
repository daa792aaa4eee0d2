import type { Command } from 'commander';
import type { CommandContext } from '../command-list.ts';

export function define(command: Command, { exit, prepare }: CommandContext): void {
  command
    .option('--host <address>', 'address to listen on')
    .option('--port <port>', 'port to listen on; 0: any free port')
    .action(async (flags: object) => {
      const { serveCommand } = await import('../run/serve-command.ts');
      exit(await serveCommand(await prepare(flags)));
    });
}
