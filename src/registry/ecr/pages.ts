import { MalformedContentError, messageOf, RegistryUnavailableError } from '../../errors.ts';
import { isInvalidParameter } from './errors.ts';

/** One page of a listing. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/** The most that ECR accepts as maxResults; its default is 100. */
export const ITEMS_PER_PAGE = 1000;

/**
 * Reads a listing to its end. Page tokens expire while a slow audit works on a page: the listing then starts again, and
 * items that were yielded before are left out. It starts again only if the last start yielded something new.
 * @param keyOf identifies an item across pages and listings
 * @throws RegistryUnavailableError when a token that ECR gave is refused all the same
 * @throws MalformedContentError when a page names itself as the next one
 */
export async function* readPages<Item>(
  fetchPage: (token: string | undefined) => Promise<Page<Item>>,
  keyOf: (item: Item) => string,
): AsyncGenerator<readonly Item[]> {
  const yielded = new Set<string>();
  let token: string | undefined;
  let yieldedAtStart = -1;
  for (;;) {
    const page = await fetchPage(token).catch((error: unknown) => {
      if (token === undefined || !isInvalidParameter(error)) throw error;
      if (yielded.size === yieldedAtStart)
        throw new RegistryUnavailableError(`ECR refuses the page tokens that it gives: ${messageOf(error)}`, {
          cause: error,
        });
      return undefined;
    });
    if (!page) {
      yieldedAtStart = yielded.size;
      token = undefined;
      continue;
    }
    yield page.items.filter((item) => isFirst(yielded, keyOf(item)));
    if (!page.nextToken) return;
    if (page.nextToken === token) throw new MalformedContentError('ECR keeps naming the same next page');
    token = page.nextToken;
  }
}

function isFirst(given: Set<string>, key: string): boolean {
  const first = !given.has(key);
  given.add(key);
  return first;
}
