import type { SlimboardError } from '../errors.ts';
import type { ItemError } from '../store/audit-store.ts';

/** What an error row says of what happened, besides to which item. */
export type ItemFailure = Pick<ItemError, 'code' | 'message' | 'retry'>;

/** An expected failure as an error row has it. */
export function itemFailure({ code, message, retry }: SlimboardError): ItemFailure {
  return { code, message, retry: retry.kind };
}
