import { counted } from '../common/plural.ts';
import type { Queryable } from '../database/database.ts';
import { findSharedRepositories } from '../store/source-store.ts';

/**
 * A sentence on each two sources that have the same tags.
 * @param isConcerned whether a source is to be told about; default: every one
 */
export async function describeSharedRepositories(
  db: Queryable,
  isConcerned = (_source: string): boolean => true,
): Promise<readonly string[]> {
  const shared = await findSharedRepositories(db);
  return shared
    .filter(({ source, other }) => isConcerned(source) || isConcerned(other))
    .map(({ source, other, repositories, example }) => {
      const which = `${counted(repositories, 'repository')}${repositories > 1 ? ', such as' : ','} ${example}`;
      return `${source} and ${other} both have ${which}: reports over all sources count it twice; audit it as one source, and forget the other with "slimboard prune --source"`;
    });
}
