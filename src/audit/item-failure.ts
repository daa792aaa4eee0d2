import type { SlimboardError } from '../errors.ts';
import type { ItemError } from '../store/error-store.ts';

/** What an error row says of what happened, besides to which item. */
export type ItemFailure = Pick<ItemError, 'code' | 'message' | 'retry'>;

/** An expected failure as an error row has it. */
export function itemFailure({ code, message, retry }: SlimboardError): ItemFailure {
  return { code, message, retry: retry.kind };
}

/** What failed, as logs name it; which content of a tag it is, the message says. */
export function itemName({ registry, repository, tag, digest }: ItemError): string {
  const name = [registry, repository].filter((part) => part !== '').join('/');
  if (tag !== '') return `${name}:${tag}`;
  return digest === '' ? name : `${name}@${digest}`;
}
