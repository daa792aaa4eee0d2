import { codeOf } from '../errors.ts';

/**
 * What a connection failed by. For a host with several addresses, Node.js gives one error for each, of which this is the
 * first; for a connection that the server closed, undici may know why.
 */
export function connectionError(error: unknown): unknown {
  const isClosed = error instanceof Error && codeOf(error) === 'UND_ERR_SOCKET';
  const first: unknown = error instanceof AggregateError ? error.errors[0] : isClosed ? error.cause : undefined;
  return first instanceof Error ? first : error;
}

/** The codes of alerts by which a server refuses a client's certificate, or that it shows none. @see RFC 8446, section 6.2 */
export const CERTIFICATE_ALERT =
  /^ERR_SSL_.*ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED)$/;
