import { type Command, Option } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { addImageOptions, type ImageOptions, parseAuditNumber } from '../options.ts';
import type { AdviseOptions } from '../run/advise-command.ts';
import type { CheckOptions } from '../run/check-command.ts';
import type { InspectOptions } from '../run/inspect-command.ts';

// Commands that read images straight from their registries.

export function inspect(program: Command, { prepare }: CommandContext): void {
  const command = program
    .command('inspect')
    .description(
      'one image, straight from its registry: its layers and what made each, its base and the evidence, findings, advice',
    )
    .argument('<image>', 'an image reference: HOST/REPO:TAG, HOST/REPO@DIGEST, or any form that docker pull accepts')
    .option('--deep', 'also read its layers: unpacked sizes, waste, largest files, packages, setuid programs');
  addImageOptions(command).action(async (image: string, options: InspectOptions) => {
    const { inspectCommand } = await import('../run/inspect-command.ts');
    await inspectCommand(await prepare(options), image, options);
  });
}

export function advise(program: Command, { prepare }: CommandContext): void {
  const command = program
    .command('advise')
    .description('how to slim one image: techniques in order of gain, projected sizes, a Dockerfile for its language')
    .argument('<image>', 'an image reference, as for inspect')
    .option(
      '--goal <goal>',
      'how small the image should become: a reduction such as 90%, or a size such as 120MB (default: that of the policy, 90% unless it sets another)',
    );
  addImageOptions(command).action(async (image: string, options: AdviseOptions) => {
    const { adviseCommand } = await import('../run/advise-command.ts');
    await adviseCommand(await prepare(options), image, options);
  });
}

export function diff(program: Command, { prepare }: CommandContext): void {
  const command = program
    .command('diff')
    .description('two images, before and after: size by layer, what came and went, which techniques explain it')
    .argument('<old>', 'an image reference, as for inspect')
    .argument('<new>', 'an image reference, as for inspect');
  addImageOptions(command).action(async (before: string, after: string, options: ImageOptions) => {
    const { diffCommand } = await import('../run/diff-command.ts');
    await diffCommand(await prepare(options), before, after, options);
  });
}

const CHECK_FORMATS: readonly CheckOptions['format'][] = ['table', 'json', 'junit', 'sarif'];

export function check(program: Command, { exit, prepare }: CommandContext): void {
  const command = program
    .command('check')
    .description("a gate for CI: the policy's budgets, bases and rules; exits with 3 if an image violates them")
    .argument('[images...]', 'image references, as for inspect')
    .addOption(
      new Option('--audit <number>', 'check every image of the sources of this audit, as the audit assessed it')
        .argParser(parseAuditNumber)
        .conflicts(['platform', 'catalogue']),
    );
  addImageOptions(command, CHECK_FORMATS).action(async (images: readonly string[], options: CheckOptions) => {
    const { checkCommand } = await import('../run/check-command.ts');
    await checkCommand(await prepare(options), images, options, exit);
  });
}
