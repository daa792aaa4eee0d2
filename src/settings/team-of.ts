import { compileGlobs, type Matcher } from '../common/glob.ts';
import { rememberOf } from '../common/remember.ts';
import { withRegistryHost } from '../oci/reference.ts';
import type { TeamSettings } from './settings.ts';

interface TeamMatcher {
  readonly name: string;
  /** Matches names of repositories. */
  readonly matches: Matcher;
  /** Matches names with the registry's host in front, by the patterns that begin with a host. */
  readonly matchesWithHost: Matcher;
}

/**
 * The name of the first team whose patterns match a repository; undefined when none does.
 * @param registry the host, for patterns such as `registry.example.com/payments/**`
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
    matchesWithHost: compileGlobs(repositories.filter(namesHost).map(withRegistryHost)),
  })),
);

/** Whether a pattern begins with a host. Other patterns must not see the host: a leading `*` would match it. */
function namesHost(pattern: string): boolean {
  return /^(?:localhost|[^/]*[.:][^/]*)\//.test(pattern);
}
