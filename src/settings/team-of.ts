import { compileGlobs, type Matcher } from '../common/glob.ts';
import type { TeamSettings } from './settings.ts';

interface TeamMatcher {
  readonly name: string;
  readonly takes: Matcher;
  /** For patterns that begin with a registry's host. */
  readonly takesWithHost: Matcher;
}

/** Settings do not change while they are in use, so each list of teams is compiled once. */
const compiledTeams = new WeakMap<readonly TeamSettings[], readonly TeamMatcher[]>();

/**
 * The team that owns a repository by the configured patterns; the first that matches.
 * @param registry its host, for patterns such as `registry.example.com/payments/**`
 */
export function teamOf(repository: string, teams: readonly TeamSettings[], registry?: string): string | undefined {
  const qualified = `${registry ?? ''}/${repository}`;
  return compile(teams).find((team) => team.takes(repository) || team.takesWithHost(qualified))?.name;
}

function compile(teams: readonly TeamSettings[]): readonly TeamMatcher[] {
  const known = compiledTeams.get(teams);
  if (known) return known;
  const compiled = teams.map(({ name, repositories }) => ({
    name,
    takes: compileGlobs(repositories),
    takesWithHost: compileGlobs(repositories.filter(namesHost)),
  }));
  compiledTeams.set(teams, compiled);
  return compiled;
}

// Any pattern that begins with a star would take the host for its first part.
function namesHost(pattern: string): boolean {
  return /^(?:localhost|[^/]*[.:][^/]*)\//.test(pattern);
}
