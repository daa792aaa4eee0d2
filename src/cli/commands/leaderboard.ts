import { type Command, Option } from 'commander';
import { GROUPINGS, type Grouping, METRICS, type Metric } from '../../report/names.ts';
import type { CommandContext } from '../command-list.ts';
import type { ReportOptions } from '../run/report-command.ts';
import { addReportOptions } from './report.ts';

interface LeaderboardFlags extends ReportOptions {
  readonly by: Grouping;
  readonly metric: Metric;
}

export function define(command: Command, { io, prepare }: CommandContext): void {
  command
    .addOption(new Option('--by <group>', 'what to rank').choices([...GROUPINGS]).default('team'))
    .addOption(new Option('--metric <metric>', 'the figure to rank by').choices([...METRICS]).default('stored'))
    .option(
      '--since <time>',
      'show growth and movement since then: 2026-11-01, or 30d (days ago); default: since the previous audit',
    );
  addReportOptions(command).action(async ({ by, metric, since, ...options }: LeaderboardFlags) => {
    const { leaderboard } = await import('../../report/leaderboard.ts');
    const { sinceTime } = await import('../../report/filters.ts');
    const { reportCommand } = await import('../run/report-command.ts');
    const compared = since === undefined ? {} : { since: sinceTime(since, io.now()) };
    await reportCommand(await prepare(), leaderboard({ by, metric, ...compared }), options);
  });
}
