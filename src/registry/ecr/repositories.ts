import type { Repository } from '@aws-sdk/client-ecr';
import { mapConcurrently } from '../../common/concurrently.ts';
import { AccessDeniedError, NotFoundError, UnsupportedContentError } from '../../errors.ts';
import { parseRepositoryName } from '../../oci/reference.ts';
import { nameKeeper } from '../keep-names.ts';
import type { ListedRepository, ListOptions } from '../registry.ts';
import type { EcrClient } from './client.ts';
import { findEcrLocation } from './hosts.ts';
import { type EcrOptions, REQUESTS_AT_ONCE } from './options.ts';
import { ITEMS_PER_PAGE, readPages } from './pages.ts';

type Teams = (repository: Repository) => Promise<string | undefined>;

/** A region's repositories with their owners, page by page: one request per thousand repositories, and one for each. */
export async function* listRepositories(
  client: EcrClient,
  options: EcrOptions,
  listing: ListOptions,
): AsyncGenerator<readonly ListedRepository[]> {
  const teamOf = teamReader(client, options, listing.signal);
  const keep = nameKeeper(`${client.host}: list of repositories`, parseRepositoryName, listing);
  for await (const page of describeRepositories(client, listing.signal)) {
    client.learnAccount(page.map(accountOf).find(Boolean));
    const repositories = await mapConcurrently(page, REQUESTS_AT_ONCE, async (repository) => {
      const [name] = keep([repository.repositoryName ?? '']);
      if (!name) return [];
      const team = listing.selects?.(name) === false ? undefined : await teamOf(repository);
      return [{ name, registry: client.host, team: team || undefined }];
    });
    yield repositories.flat();
  }
}

/** The account that a repository belongs to. The API promises none of these fields, and each of them names it. */
export function accountOf({ registryId, repositoryArn, repositoryUri = '' }: Repository): string | undefined {
  return registryId ?? repositoryArn?.split(':')[4] ?? findEcrLocation(repositoryUri.split('/')[0] ?? '')?.account;
}

function describeRepositories(
  client: EcrClient,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Repository[]> {
  return readPages(
    async (nextToken) => {
      const answer = await client.call(
        'DescribeRepositories',
        { maxResults: ITEMS_PER_PAGE, registryId: client.account, nextToken },
        { signal },
      );
      return { items: answer.repositories ?? [], nextToken: answer.nextToken };
    },
    (repository) => repository.repositoryName ?? '',
  );
}

/**
 * Reads owners from the tags of repositories. Where that is not allowed, or not offered, the owner is unknown, which is
 * no error. A registry that refused {@link GIVE_UP_AFTER} times without ever answering is not asked again.
 */
function teamReader(client: EcrClient, options: EcrOptions, signal: AbortSignal | undefined): Teams {
  let answers = 0;
  let refusals = 0;
  const noteRefusal = (error: unknown): void => {
    if (error instanceof NotFoundError) return;
    if (!(error instanceof AccessDeniedError || error instanceof UnsupportedContentError)) throw error;
    refusals += 1;
    if (refusals === 1) options.onNote?.(`Owners of some repositories are unknown: ${error.message}`);
  };
  return async ({ repositoryArn: resourceArn, repositoryName: repository }) => {
    if (!resourceArn || !repository || (answers === 0 && refusals >= GIVE_UP_AFTER)) return undefined;
    const answer = await client.call('ListTagsForResource', { resourceArn }, { repository, signal }).catch(noteRefusal);
    if (!answer) return undefined;
    answers += 1;
    return answer.tags?.find((tag) => tag.Key === options.teamKey)?.Value?.trim();
  };
}

const GIVE_UP_AFTER = 50;
