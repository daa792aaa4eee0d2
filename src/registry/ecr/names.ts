import { SlimboardError } from '../../errors.ts';
import type { ListOptions } from '../registry.ts';

/**
 * The names that keep to OCI's grammar; each of the others is told. ECR's own rules are wider: 300 characters a tag.
 * @throws InvalidReferenceError for the first of the others, when nobody is there to be told
 */
export function keepNames<Name>(
  listed: readonly string[],
  parse: (text: string) => Name,
  { onInvalid }: ListOptions,
): readonly Name[] {
  const names: Name[] = [];
  for (const text of listed) {
    try {
      names.push(parse(text));
    } catch (error) {
      if (!onInvalid || !(error instanceof SlimboardError)) throw error;
      onInvalid(text, error);
    }
  }
  return names;
}
