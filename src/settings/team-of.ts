import { compileGlobs, type Matcher } from '../common/glob.ts';
import { rememberOf } from '../common/remember.ts';
import type { TeamSettings } from './settings.ts';

interface TeamMatcher {
  readonly name: string;
  readonly matches: Matcher;
  /** For patterns that begin with a registry's host. */
  readonly matchesWithHost: Matcher;
}

/**
 * The team that owns a repository by the configured patterns; the first that matches.
 * @param registry its host, for patterns such as `registry.example.com/payments/**`
 */
export function teamOf(repository: string, teams: readonly TeamSettings[], registry?: string): string | undefined {
  const qualified = `${registry ?? ''}/${repository}`;
  return compile(teams).find((team) => team.matches(repository) || team.matchesWithHost(qualified))?.name;
}

/** Settings do not change while they are in use, so each list of teams is compiled once. */
const compile = rememberOf((teams: readonly TeamSettings[]): readonly TeamMatcher[] =>
  teams.map(({ name, repositories }) => ({
    name,
    matches: compileGlobs(repositories),
    matchesWithHost: compileGlobs(repositories.filter(namesHost)),
  })),
);

// A pattern that begins with a star would match the host as if it were the first part of the name.
function namesHost(pattern: string): boolean {
  return /^(?:localhost|[^/]*[.:][^/]*)\//.test(pattern);
}
