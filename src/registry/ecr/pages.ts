import { MalformedContentError } from '../../errors.ts';
import { isInvalidParameter } from './errors.ts';

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken: string | undefined;
}

/** The most that ECR takes for maxResults; its own default is 100. */
export const ITEMS_PER_PAGE = 1000;

/**
 * Reads a listing to its end. A page token that ECR does not take any more (they expire, and a slow audit is slow to ask)
 * starts the listing again, without what was given already, as long as that brought something new since the last time.
 * @param keyOf equal for what is the same in both listings; what changed in between is given again
 * @throws MalformedContentError when a page names itself as the next one
 */
export async function* readPages<Item>(
  fetchPage: (token: string | undefined) => Promise<Page<Item>>,
  keyOf: (item: Item) => string,
): AsyncGenerator<readonly Item[]> {
  const given = new Set<string>();
  let token: string | undefined;
  let givenAtStart = -1;
  for (;;) {
    const page = await fetchPage(token).catch((error: unknown) => {
      if (token === undefined || given.size === givenAtStart || !isInvalidParameter(error)) throw error;
      return undefined;
    });
    if (!page) {
      givenAtStart = given.size;
      token = undefined;
      continue;
    }
    yield page.items.filter((item) => isFirst(given, keyOf(item)));
    if (!page.nextToken) return;
    if (page.nextToken === token)
      throw new MalformedContentError('ECR names the same page as the next one, without end');
    token = page.nextToken;
  }
}

function isFirst(given: Set<string>, key: string): boolean {
  const first = !given.has(key);
  given.add(key);
  return first;
}
