import { InvalidReferenceError, SlimboardError } from '../errors.ts';
import type { ListOptions } from './registry.ts';

/**
 * Parses listed names. Returns those that follow OCI's grammar, and calls `onInvalid` for each of the others: some
 * registries allow more (ECR: tags of 300 characters), and a list may contain entries that are no text.
 * @throws InvalidReferenceError for the first invalid name, if there is no `onInvalid`
 */
export function keepNames<Name>(
  listed: readonly unknown[],
  parse: (text: string) => Name,
  { onInvalid }: Pick<ListOptions, 'onInvalid'>,
): readonly Name[] {
  return listed.flatMap((entry) => {
    try {
      return [parse(textOf(entry))];
    } catch (error) {
      if (!onInvalid || !(error instanceof SlimboardError)) throw error;
      onInvalid(listedName(entry), error);
      return [];
    }
  });
}

/** What an invalid entry is called in errors: one that is no text may be of any size and depth, and "" names nothing. */
export function listedName(entry: unknown): string {
  if (typeof entry !== 'string') return '(not text)';
  return entry === '' ? '(empty)' : entry;
}

function textOf(entry: unknown): string {
  if (typeof entry === 'string') return entry;
  throw new InvalidReferenceError('the registry lists a name that is not text');
}
