import { Argument, type Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { PLAIN_HTTP } from '../options.ts';
import type { Shell } from '../run/completion-command.ts';
import type { PruneFlags } from '../run/prune-command.ts';

// Commands for an installation, and the tour.

export function prune(program: Command, { prepare }: CommandContext): void {
  program
    .command('prune')
    .description('remove what is older than the settings under "retention"; keeps everything that a tag refers to')
    .option('--dry-run', 'show what would be removed, and remove nothing')
    .option('--source <name>', 'also remove this source, which is no longer in the settings, with its history')
    .action(async (flags: PruneFlags) => {
      const { pruneCommand } = await import('../run/prune-command.ts');
      await pruneCommand(await prepare(), flags);
    });
}

export function migrate(program: Command, { prepare }: CommandContext): void {
  program
    .command('migrate')
    .description("bring the database's schema up to date")
    .action(async () => {
      const { migrateCommand } = await import('../run/migrate-command.ts');
      await migrateCommand(await prepare());
    });
}

export function doctor(program: Command, { exit, prepare }: CommandContext): void {
  program
    .command('doctor')
    .description(
      'check settings, database, Redis, where reports go, and every source with its credentials, and say what is wrong',
    )
    .argument('[targets...]', 'as for audit; without a target: every source in the settings')
    .option(...PLAIN_HTTP)
    .action(async (targets: readonly string[], options: object) => {
      const { doctorCommand } = await import('../run/doctor-command.ts');
      exit(await doctorCommand(await prepare(options), targets));
    });
}

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish'];

export function completion(program: Command, { io }: CommandContext): void {
  program
    .command('completion')
    .description('print the script by which a shell completes commands, options and their values')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText('after', '\nIn ~/.bashrc: source <(slimboard completion bash); for zsh and fish: README.md')
    .action(async (shell: Shell) => {
      const { completionCommand } = await import('../run/completion-command.ts');
      await completionCommand(io, program, shell);
    });
}

export function demo(program: Command, { io, exit, run }: CommandContext): void {
  program
    .command('demo')
    .description('a tour with sample images, from a local registry that it starts itself')
    .option('--folder <folder>', 'folder for settings, database and reports', 'slimboard-demo')
    .action(async (options: { readonly folder: string }) => {
      const { demoCommand } = await import('../run/demo-command.ts');
      exit(await demoCommand(io, run, options.folder, program.opts()));
    });
}
