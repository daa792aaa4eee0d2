import { codeOf, messageOf, StoreUnavailableError } from '../errors.ts';

/**
 * Whether the database ran out of memory for a statement, out of space for its temporary files (disk full or over the
 * configured limit), or out of the time that it gives to a statement or transaction. The database itself is up, but would
 * most likely refuse the same statement again.
 * @see PostgreSQL documentation, appendix A: insufficient_resources, query_canceled, transaction_timeout
 */
export function exceedsResources(error: unknown): boolean {
  if (!(error instanceof StoreUnavailableError)) return false;
  const code = codeOf(error.cause);
  const isTooMuch = ['53200', '53400', '57014', '25P04'].includes(code);
  return isTooMuch || (code === '53100' && /\bpgsql_tmp\b/.test(messageOf(error.cause)));
}

/** Whether the database is away, or accepts nothing for now: what failed is to be done again when it is back. */
export function isStoreOutage(error: unknown): error is StoreUnavailableError {
  return error instanceof StoreUnavailableError && !exceedsResources(error);
}
