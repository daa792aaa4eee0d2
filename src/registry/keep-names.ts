import { InvalidReferenceError, SlimboardError } from '../errors.ts';
import type { ListOptions } from './registry.ts';

/**
 * The listed names that keep to OCI's grammar; each of the others is told. Some registries' own rules are wider (ECR: 300
 * characters a tag), and a list may hold what is no text at all.
 * @throws InvalidReferenceError for the first of the others, when nobody is there to be told
 */
export function keepNames<Name>(
  listed: readonly unknown[],
  parse: (text: string) => Name,
  { onInvalid }: ListOptions,
): readonly Name[] {
  return listed.flatMap((entry) => {
    try {
      return [parse(textOf(entry))];
    } catch (error) {
      if (!onInvalid || !(error instanceof SlimboardError)) throw error;
      onInvalid(typeof entry === 'string' ? entry : NO_TEXT, error);
      return [];
    }
  });
}

/** It may be of any size and depth, and is not shown. */
const NO_TEXT = '(no text)';

function textOf(entry: unknown): string {
  if (typeof entry === 'string') return entry;
  throw new InvalidReferenceError('the registry lists something that is no text among the names');
}
