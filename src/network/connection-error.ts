/**
 * What a connection failed by: for a host with several addresses, Node.js gives one error for each, of which this is the
 * first.
 */
export function connectionError(error: unknown): unknown {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
  return first instanceof Error ? first : error;
}
