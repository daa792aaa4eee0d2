import { StoreUnavailableError } from '../errors.ts';

/**
 * Whether a statement found no memory, or wrote more temporary files than there is room for, or than is allowed: the
 * database is there, and will most likely refuse it again.
 * @see PostgreSQL documentation, appendix A, class 53
 */
export function asksTooMuch(error: unknown): boolean {
  if (!(error instanceof StoreUnavailableError)) return false;
  const { code, message } = (error.cause ?? {}) as { readonly code?: unknown; readonly message?: unknown };
  return code === '53200' || code === '53400' || (code === '53100' && /\bpgsql_tmp\b/.test(String(message)));
}
