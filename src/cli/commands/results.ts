import { Argument, type Command, Option } from 'commander';
import { FORMAT_NAMES, GROUPINGS, KIND_NAMES, type KindName, METRICS } from '../../report/names.ts';
import type { CommandContext } from '../command-context.ts';
import { addFormatOption, numberParser, parseAuditNumber } from '../options.ts';
import type { ReclaimOptions } from '../run/reclaim-command.ts';
import type { LeaderboardCommandOptions, ReportOptions } from '../run/report-command.ts';
import type { WhatifOptions } from '../run/whatif-command.ts';

// Commands that show what audits found.

export function report(program: Command, { io, prepare }: CommandContext): void {
  const command = program
    .command('report')
    .description('one table of what audits found, with filters and sorting')
    .addArgument(new Argument('<kind>', 'the table').choices([...KIND_NAMES]));
  addReportOptions(command)
    .option('--tag <glob>', 'only tags that match')
    .option('--base <glob>', 'only images built on base images that match: node:20-*')
    .option('--distro <name>', 'only images of this distribution: debian, debian:12')
    .option('--since <time>', 'only rows from after this time: 2026-11-01, or 30d for days ago')
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

export function leaderboard(program: Command, { prepare }: CommandContext): void {
  const command = program
    .command('leaderboard')
    .description('teams, repositories, base images, distributions or runtimes, ranked')
    .addOption(new Option('--by <group>', 'what to rank').choices([...GROUPINGS]).default('team'))
    .addOption(new Option('--metric <metric>', 'the figure to rank by').choices([...METRICS]).default('stored'))
    .option(
      '--since <time>',
      'show growth and movement since then: 2026-11-01, or 30d for days ago (default: the previous audit)',
    );
  addReportOptions(command).action(async (options: LeaderboardCommandOptions) => {
    const { leaderboardCommand } = await import('../run/report-command.ts');
    await leaderboardCommand(await prepare(), options);
  });
}

/** Adds the options that reports and leaderboards have in common. */
function addReportOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <format>',
        'output format (default: by the extension of the file in -o, else table)',
      ).choices([...FORMAT_NAMES]),
    )
    .option('-o, --output <file>', 'write to this file (or s3://BUCKET/KEY), whole or not at all; "-" is stdout')
    .option('--source <name>', 'only this source')
    .option('--registry <host>', 'only this registry: registry.example.com')
    .option('--team <name>', 'only this team')
    .option('--repository <glob>', 'only repositories that match: payments/**')
    .option('--audit <number>', 'as of this audit (default: the newest)', parseAuditNumber)
    .option(
      '--limit <n>',
      'at most this many rows, 0: the columns only (default: all)',
      numberParser(/^(0|[1-9]\d{0,14})$/, 'a whole number, at least 0'),
    )
    .addHelpText('after', '\nWhat each column means: docs/reports.md');
}

export function serve(program: Command, { exit, prepare }: CommandContext): void {
  program
    .command('serve')
    .description('serve the dashboard and its JSON API on 127.0.0.1:8620; other addresses need SLIMBOARD_SERVE_TOKEN')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <port>', 'port to listen on; 0: any free one (default: 8620)')
    .action(async (flags: object) => {
      const { serveCommand } = await import('../run/serve-command.ts');
      exit(await serveCommand(await prepare(flags)));
    });
}

export function whatif(program: Command, { prepare }: CommandContext): void {
  const command = program
    .command('whatif')
    .description('what would be saved if all images on one base image moved to another');
  addFormatOption(command)
    .requiredOption('--from <base>', 'the base image to move from, as reports name it: node:22, library/node:22')
    .requiredOption('--to <base>', 'the base image to move to: one in an audited registry, or any image reference')
    .option('--plain-http', 'connect to the registry of the new base image without TLS')
    .action(async (options: WhatifOptions) => {
      const { whatifCommand } = await import('../run/whatif-command.ts');
      await whatifCommand(await prepare(options), options);
    });
}
