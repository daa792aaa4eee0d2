import { type Command, InvalidArgumentError, Option } from 'commander';
import { FORMAT_NAMES, type KindName } from '../../report/names.ts';
import type { CommandContext } from '../io.ts';
import type { ReclaimOptions } from '../run/reclaim-command.ts';
import type { ReportOptions } from '../run/report-command.ts';

export function define(command: Command, { io, globalOptions }: CommandContext): void {
  addReportOptions(command)
    .option('--tag <glob>', 'only tags that match')
    .option('--base <glob>', 'only images on these base images: node:20-*')
    .option('--distro <name>', 'only images of a distribution: debian, debian:12')
    .option('--since <time>', 'only what came later: 2026-11-01, or 30d (days ago)')
    .option('--min-size <size>', 'only what is at least so large: 100MB')
    .option('--in-use <file>', 'of reclaim: a list of digests and references that run somewhere, one a line')
    .option('--simulate <file>', 'of reclaim: what a lifecycle policy of Amazon ECR would do to each repository')
    .option('--lifecycle-policy', 'of reclaim: the policy nearest to it, as JSON for Amazon ECR')
    .option('--sort <column>', 'by a column; -COLUMN has the largest first (write --sort=-COLUMN)')
    .action(
      async (name: KindName, { inUse, simulate, lifecyclePolicy, ...options }: ReportOptions & ReclaimOptions) => {
        const { prepare } = await import('../prepare.ts');
        const { kindOf, policyCommand } = await import('../run/reclaim-command.ts');
        const { reportCommand } = await import('../run/report-command.ts');
        const reclaim = { inUse, simulate, lifecyclePolicy };
        const session = await prepare(io, globalOptions());
        if (lifecyclePolicy) await policyCommand(session, name, reclaim, options);
        else await reportCommand(session, await kindOf(io, name, reclaim), options);
      },
    );
}

/** Adds the options that reports and leaderboards have in common. */
export function addReportOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'how to write it; default: as the ending of -o says, else table').choices([
        ...FORMAT_NAMES,
      ]),
    )
    .option('-o, --output <file>', 'into a file (or s3://BUCKET/KEY), whole or not at all; "-" is stdout')
    .option('--source <name>', 'only of one source')
    .option('--registry <host>', 'only of one registry: registry.example.com')
    .option('--team <name>', 'only of one team')
    .option('--repository <glob>', 'only repositories that match: payments/**')
    .option('--audit <id>', 'as an audit found it; default: the newest', wholeNumber)
    .option('--limit <n>', 'at most so many rows', wholeNumber);
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('write a whole number, at least 1');
  return Number(text);
}
