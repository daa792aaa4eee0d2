import type { Command } from 'commander';
import type { StreamedFormat } from '../../report/names.ts';
import type { CommandContext } from '../command-context.ts';
import { addFormatOption, CONCURRENCY, EXCLUDE, NEWEST, PLAIN_HTTP, platformsOption } from '../options.ts';

/** Adds the commands of the base-image catalogue: learn, list, export and import. */
export function bases(program: Command, context: CommandContext): void {
  const command = program
    .command('bases')
    .description('the catalogue of base images, by which slimboard recognises what other images are built on')
    .usage('<command>');
  addLearn(command, context);
  addList(command, context);
  addMoves(command, context);
}

function addLearn(command: Command, { exit, prepare }: CommandContext): void {
  command
    .command('learn')
    .description(
      'learn the layers of base images from a registry or mirror; without a reference: those in the settings',
    )
    .argument(
      '[refs...]',
      'HOST/REPO (all its tags), HOST/REPO:TAG, HOST/PREFIX/* (all repositories under it), or the name of a source',
    )
    .addOption(platformsOption('platform to learn'))
    .option(...EXCLUDE)
    .option(...NEWEST)
    .option('--full', 'ignore everything stored: fetch everything again')
    .option(...CONCURRENCY)
    .option(...PLAIN_HTTP)
    .action(async (refs: readonly string[], options: { readonly newest?: string }) => {
      const { learnCommand } = await import('../run/learn-command.ts');
      exit(await learnCommand(await prepare(options), refs, options.newest));
    });
}

const LIST_FORMATS = ['table', 'csv', 'json', 'ndjson'] as const satisfies readonly StreamedFormat[];

interface ListFlags {
  readonly format: (typeof LIST_FORMATS)[number];
  readonly all?: true;
}

function addList(command: Command, { prepare }: CommandContext): void {
  addFormatOption(command.command('list'), LIST_FORMATS)
    .description('list the base images in the catalogue')
    .argument(
      '[pattern]',
      'only base images that match, such as "library/node:20-*", by the whole name or its last parts',
    )
    .option('--all', 'also images that a tag named earlier')
    .action(async (pattern: string | undefined, options: ListFlags) => {
      const { listCommand } = await import('../run/bases-command.ts');
      await listCommand(await prepare(), pattern, options);
    });
}

function addMoves(command: Command, { prepare }: CommandContext): void {
  command
    .command('export')
    .description('write the whole catalogue into one file')
    .argument('<file>', 'NDJSON; "-" is stdout')
    .action(async (file: string) => {
      const { exportCommand } = await import('../run/bases-command.ts');
      await exportCommand(await prepare(), file);
    });
  command
    .command('import')
    .description('add a catalogue that was exported elsewhere; imports the whole file or nothing')
    .argument('<file>', 'NDJSON; "-" is stdin')
    .action(async (file: string) => {
      const { importCommand } = await import('../run/bases-command.ts');
      await importCommand(await prepare(), file);
    });
}
