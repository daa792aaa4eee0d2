import { type Command, Option } from 'commander';
import { FORMAT_NAMES, type KindName } from '../../report/names.ts';
import type { CommandContext } from '../command-list.ts';
import { numberParser, parseAuditNumber } from '../options.ts';
import type { ReclaimOptions } from '../run/reclaim-command.ts';
import type { ReportOptions } from '../run/report-command.ts';

export function define(command: Command, { io, prepare }: CommandContext): void {
  addReportOptions(command)
    .option('--tag <glob>', 'only tags that match')
    .option('--base <glob>', 'only images built on base images that match: node:20-*')
    .option('--distro <name>', 'only images of this distribution: debian, debian:12')
    .option('--since <time>', 'only rows from after this time: 2026-11-01, or 30d (days ago)')
    .option('--min-size <size>', 'only what is at least this large: 100MB')
    .option('--in-use <file>', 'reclaim only: a file that lists the digests and references in use, one per line')
    .option(
      '--simulate <file>',
      'reclaim only: what the lifecycle policy of Amazon ECR in this file would do to each repository',
    )
    .option('--lifecycle-policy', 'reclaim only: the lifecycle policy closest to the report, as JSON for Amazon ECR')
    .option('--sort <column>', 'column to sort by; --sort=-COLUMN puts the largest first')
    .action(
      async (name: KindName, { inUse, simulate, lifecyclePolicy, ...options }: ReportOptions & ReclaimOptions) => {
        const { kindOf, policyCommand } = await import('../run/reclaim-command.ts');
        const { reportCommand } = await import('../run/report-command.ts');
        const reclaim = { inUse, simulate, lifecyclePolicy };
        const session = await prepare();
        if (lifecyclePolicy) await policyCommand(session, name, reclaim, options);
        else await reportCommand(session, await kindOf(io, name, reclaim), options);
      },
    );
}

/** Adds the options that reports and leaderboards have in common. */
export function addReportOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--format <format>', 'output format; default: by the extension of the file in -o, else table').choices(
        [...FORMAT_NAMES],
      ),
    )
    .option('-o, --output <file>', 'write to this file (or s3://BUCKET/KEY), whole or not at all; "-" is stdout')
    .option('--source <name>', 'only this source')
    .option('--registry <host>', 'only this registry: registry.example.com')
    .option('--team <name>', 'only this team')
    .option('--repository <glob>', 'only repositories that match: payments/**')
    .option('--audit <id>', 'as of this audit; default: the newest', parseAuditNumber)
    .option('--limit <n>', 'at most this many rows', numberParser(/^[1-9]\d{0,14}$/, 'a whole number, at least 1'));
}
