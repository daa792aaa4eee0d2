import { snakeCase } from '../common/snake-case.ts';
import { SettingsError } from '../errors.ts';
import { comparedSince, leaderboard } from '../report/leaderboard.ts';
import { GROUPINGS, METRICS } from '../report/names.ts';

/** The query parameters of a leaderboard. */
export type LeaderboardQuery = ReturnType<typeof parseLeaderboardQuery>;

/**
 * Parses the parameters of a leaderboard. `since` is as it was typed, empty when it was not given; `others` are the parameters
 * that any report accepts.
 * @throws SettingsError when `by`, `metric` or `since` cannot be read, or groups without history are to be compared
 */
export function parseLeaderboardQuery(parameters: URLSearchParams, now: Date) {
  const others = new URLSearchParams(parameters);
  const take = (name: string): string => {
    const text = parameters.get(name)?.trim() ?? '';
    others.delete(name);
    return text;
  };
  const by = oneOf('by', take('by') || 'team', GROUPINGS);
  const metric = oneOf('metric', take('metric') || 'stored', METRICS);
  const since = take('since');
  const kind = leaderboard({
    by,
    metric,
    ...(since === '' ? {} : { since: comparedSince(since, by, now, snakeCase) }),
  });
  return { by, metric, since, kind, others };
}

function oneOf<T extends string>(name: string, text: string, values: readonly T[]): T {
  const value = values.find((known) => known === text);
  if (value === undefined)
    throw new SettingsError(`${name}: expected ${values.join(', ')}, not "${text.slice(0, 40)}"`);
  return value;
}
