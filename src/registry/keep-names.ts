import { InvalidReferenceError, MalformedContentError, SlimboardError } from '../errors.ts';
import type { ListOptions } from './registry.ts';

/** Each becomes an error, which takes some hundred bytes: a page of names has room for millions of them. */
const MAX_INVALID = 100_000;
/** Amazon ECR allows tags of 300 characters. */
const MAX_SHOWN = 300;

/**
 * Creates a function that parses the names of a list, page by page. It returns those that follow OCI's grammar, and calls
 * `onInvalid` for each of the others: some registries allow more (ECR: tags of 300 characters), and a list may contain
 * entries that are no text.
 * @param what names the list, in messages
 * @throws (the function) InvalidReferenceError for the first invalid name, if there is no `onInvalid`;
 *   MalformedContentError for a list with too many of them
 */
export function nameKeeper<Name>(
  what: string,
  parse: (text: string) => Name,
  { onInvalid }: Pick<ListOptions, 'onInvalid'>,
): (listed: readonly unknown[]) => readonly Name[] {
  let invalid = 0;
  const keep = (entry: unknown): readonly Name[] => {
    try {
      return [parse(textOf(entry))];
    } catch (error) {
      if (!onInvalid || !(error instanceof SlimboardError)) throw error;
      invalid += 1;
      if (invalid > MAX_INVALID)
        throw new MalformedContentError(`${what}: more than ${MAX_INVALID} names that break the grammar of names`);
      onInvalid(listedName(entry), error);
      return [];
    }
  };
  return (listed) => listed.flatMap(keep);
}

/** What an invalid entry is called in errors: one that is no text may be of any size and depth, and "" names nothing. */
export function listedName(entry: unknown): string {
  if (typeof entry !== 'string') return '(not text)';
  if (entry === '') return '(empty)';
  return entry.length > MAX_SHOWN ? `${entry.slice(0, MAX_SHOWN)}…` : entry;
}

function textOf(entry: unknown): string {
  if (typeof entry === 'string') return entry;
  throw new InvalidReferenceError('the registry lists a name that is not text');
}
