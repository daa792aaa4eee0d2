import { leaderboard } from '../../report/leaderboard.ts';
import type { Grouping, Metric } from '../../report/names.ts';
import { sinceTime } from '../../report/since.ts';
import type { Session } from '../prepare.ts';
import { type ReportOptions, reportCommand } from './report-command.ts';

/** The options of `leaderboard`. */
export interface LeaderboardCommandOptions extends ReportOptions {
  readonly by: Grouping;
  readonly metric: Metric;
}

/** Writes a leaderboard to stdout or into a file. @throws SettingsError when `since` is no time */
export async function leaderboardCommand(
  session: Session,
  { by, metric, since, ...options }: LeaderboardCommandOptions,
): Promise<void> {
  const compared = since === undefined ? {} : { since: sinceTime(since, session.io.now()) };
  await reportCommand(session, leaderboard({ by, metric, ...compared }), options);
}
