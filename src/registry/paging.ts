import { hash } from 'node:crypto';
import { chunksOf } from '../common/chunks-of.ts';
import { MalformedContentError, SlimboardError } from '../errors.ts';
import { parseJsonObject, readArray } from '../oci/json.ts';
import type { Answer } from './exchange.ts';
import { nextPage } from './link.ts';

/** Entries per page that most registries accept; some refuse more (distribution, ECR: 1,000). */
export const PAGE_SIZE = 1_000;
/**
 * Some registries ignore `n` and send all names at once (distribution 2.8): this is room for some two million tags.
 * They are yielded in pages of {@link PAGE_SIZE}.
 */
export const MAX_PAGE_BYTES = 67_108_864;
/** For all pages of a list together: room for some eight million tags, whose names are held in memory. */
const MAX_LIST_BYTES = 4 * MAX_PAGE_BYTES;
/** Short names would be more: each takes a hundred bytes of memory, and a Set holds 16 million. */
const MAX_NAMES = 8_000_000;
const MAX_PAGES = 100_000;
/** Filtered listings may have some empty pages; more than this in a row are a loop. */
const MAX_EMPTY_PAGES = 100;

/** A list to read. */
export interface Listing {
  /** The address of its first page. */
  readonly first: URL;
  /** The list's field in the page: `tags`, `repositories`. */
  readonly field: string;
  /** Names the list in messages. */
  readonly what: string;
}

/**
 * The names of a list, page by page to the end, in the registry's own order, each once: a registry that counts entries
 * sends a name again when another comes before it between two pages, and one that takes `last` as included sends it twice.
 * @param fetchPage reads one page; called for the next one only after the names of this one were consumed
 * @throws MalformedContentError when pages repeat or do not end
 */
export async function* listNames(
  listing: Listing,
  fetchPage: (url: URL) => Promise<Answer>,
): AsyncGenerator<readonly unknown[]> {
  const sent = new Set<unknown>();
  for await (const page of listPages(listing, fetchPage)) {
    yield* chunksOf(
      page.filter((name) => !sent.has(name) && sent.add(name)),
      PAGE_SIZE,
    );
  }
}

/** The pages of a list as the registry sends them. */
async function* listPages(
  listing: Listing,
  fetchPage: (url: URL) => Promise<Answer>,
): AsyncGenerator<readonly unknown[]> {
  const guard = new LoopGuard(listing.what);
  let isLinked = false;
  // Without `n`, registries that ignore or refuse `last` send all names that they have, or as many as they can.
  const allNames = async () => namesOf(await fetchPage(withoutSize(listing.first)), listing);
  for (let url: URL | undefined = listing.first; url; ) {
    guard.enter(url);
    const isGuessed = !isLinked && url !== listing.first;
    const answer = await fetchPage(url).catch((error: unknown) => {
      // ECR Public answers 405, for its pages continue at a token; to Artifactory `last` is a number.
      if (isGuessed && error instanceof SlimboardError && error.retry.kind === 'never') return undefined;
      throw error;
    });
    if (!answer) return yield allNames();
    guard.countBytes(answer.body.length);
    const names = namesOf(answer, listing);
    if (!isLinked && guard.isRepeated(names)) return yield allNames();
    guard.checkNames(names);
    yield names;
    const linked = nextPage(answer.headers.link, url);
    isLinked ||= linked !== undefined;
    url = linked ?? (isLinked ? undefined : pageAfter(names, url));
  }
}

/** The address of a page of whatever size the registry chooses. */
export function withoutSize(page: URL): URL {
  const unsized = new URL(page);
  unsized.searchParams.delete('n');
  return unsized;
}

/**
 * The names of a page. Null stands for none (distribution 2). A page without the field is no empty list:
 * everything would seem to be gone if a proxy said `{"status":"maintenance"}`.
 */
function namesOf({ body }: Answer, { field, what }: Listing): readonly unknown[] {
  const page = parseJsonObject(body, what);
  if (!Object.hasOwn(page, field)) throw new MalformedContentError(`${what}: the answer has no field "${field}"`);
  return readArray(page[field], `${what}: ${field}`);
}

/**
 * The page after a full one, for registries that never send the `Link` header, which is optional (Nexus: groups).
 * @see distribution-spec, "Listing Tags": `n` and `last`
 */
function pageAfter(names: readonly unknown[], page: URL): URL | undefined {
  const last = names.at(-1);
  if (typeof last !== 'string' || page.searchParams.get('n') !== `${names.length}`) return undefined;
  const next = new URL(page);
  next.searchParams.set('last', last);
  return next;
}

/** Detects lists that repeat or do not end. */
class LoopGuard {
  readonly #what: string;
  /** Hashes of addresses, because a cursor may be as long as a header. */
  readonly #seen = new Set<string>();
  #bytes = 0;
  #names = 0;
  #empty = 0;
  #previous = '';

  constructor(what: string) {
    this.#what = what;
  }

  enter(url: URL): void {
    const page = hash('sha256', url.href, 'base64');
    if (this.#seen.has(page)) throw this.#endless('the same page was sent twice');
    this.#seen.add(page);
    if (this.#seen.size > MAX_PAGES) throw this.#endless(`more than ${MAX_PAGES} pages`);
  }

  countBytes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_LIST_BYTES) throw this.#endless(`more than ${MAX_LIST_BYTES} bytes of names`);
  }

  checkNames(names: readonly unknown[]): void {
    this.#names += names.length;
    if (this.#names > MAX_NAMES) throw this.#endless(`more than ${MAX_NAMES} names`);
    this.#empty = names.length === 0 ? this.#empty + 1 : 0;
    if (this.#empty > MAX_EMPTY_PAGES) throw this.#endless(`${MAX_EMPTY_PAGES} empty pages in a row`);
    // A registry that ignores its own cursor sends the first page for ever, each time under another address.
    if (this.isRepeated(names)) throw this.#endless('two pages are the same');
    this.#previous = keyOf(names);
  }

  /** Whether a page is the same as the one before it. */
  isRepeated(names: readonly unknown[]): boolean {
    return names.length > 0 && keyOf(names) === this.#previous;
  }

  #endless(how: string): MalformedContentError {
    return new MalformedContentError(`${this.#what}: the registry's list does not end: ${how}`);
  }
}

/** What two pages have in common that are the same. */
function keyOf(names: readonly unknown[]): string {
  return `${names.length} ${shown(names[0])} ${shown(names.at(-1))}`;
}

/** A name for comparison. Entries that are no text are left out: they may nest deeper than the stack allows. */
function shown(name: unknown): string {
  return typeof name === 'string' ? name : '';
}
