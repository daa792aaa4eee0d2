import { codeOf, messageOf, StoreUnavailableError } from '../errors.ts';

/**
 * Whether the database ran out of memory for a statement, or out of space for its temporary files (disk full or over
 * the configured limit). The database itself is up, but would most likely refuse the same statement again.
 * @see PostgreSQL documentation, appendix A, class 53
 */
export function exceedsResources(error: unknown): boolean {
  if (!(error instanceof StoreUnavailableError)) return false;
  const code = codeOf(error.cause);
  return code === '53200' || code === '53400' || (code === '53100' && /\bpgsql_tmp\b/.test(messageOf(error.cause)));
}
