import { codeOf, RegistryUnavailableError, SlimboardError } from '../errors.ts';
import { CERTIFICATE_ALERT, connectionError } from '../network/connection-error.ts';
import { ProxyError } from '../network/tunnel.ts';
import { OutageError } from './outages.ts';

/** What a server wants that refuses a connection for lack of a client certificate, and what would help. */
export const CERTIFICATE_WANTED = [
  'it asks for a client certificate that it trusts',
  "name one that is in date in the source's certFile, and its key in keyFile",
] as const;

const PLAIN_HTTP = 'if it serves plain HTTP, use --plain-http (plainHttp: true)';

type Hint = readonly [codes: RegExp, happened: string, advice: string];

/** Failures that the same request would meet again a moment later. */
const LASTING: readonly Hint[] = [
  [/^(?:ENOTFOUND|EAI_NODATA)$/, 'host not found', 'check its name, and the DNS of this machine'],
  [
    /^CERT_HAS_EXPIRED$/,
    'its TLS certificate has expired',
    'renew the certificate, or correct the clock of this machine',
  ],
  [/^CERT_NOT_YET_VALID$/, 'its TLS certificate is not valid yet', 'correct the clock of this machine'],
  [
    /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/,
    'its TLS certificate is for another host',
    'use the host name in the certificate',
  ],
  [
    // What OpenSSL finds in a certificate itself. @see nodejs.org/api/tls.html, "X509 certificate error codes"
    /^(?:INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|CRL_[A-Z_]+|[A-Z]+_KEY_TOO_SMALL|[A-Z]+_MD_TOO_WEAK|UNSPECIFIED)$/,
    'its TLS certificate, or one above it, is not valid for this use',
    'have its authority issue another certificate',
  ],
  [
    /SELF_SIGNED|UNABLE_TO_|CERT_|ERR_TLS/,
    'its TLS certificate is not signed by an authority that this machine trusts',
    "name the authority's PEM file in the source's caFile",
  ],
  [/^(?:ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)$/, 'it does not speak TLS', PLAIN_HTTP],
  [CERTIFICATE_ALERT, ...CERTIFICATE_WANTED],
  [
    /^ERR_SSL_/,
    'the TLS handshake failed',
    "check which TLS versions it offers, and whether it asks for a client certificate (the source's certFile and keyFile)",
  ],
  [/^(?:HPE_|UND_ERR_HEADERS_OVERFLOW|UND_ERR_RESPONSE)/, 'the answer is not HTTP', 'check host, port and scheme'],
];

/** Failures that the next attempt may not meet. */
const PASSING: readonly Hint[] = [
  [/^ECONNREFUSED$/, 'connection refused', 'check host and port'],
  [/^(?:EAI_AGAIN|EAI_FAIL)$/, 'the DNS lookup failed temporarily', 'check the DNS of this machine'],
  [
    /^(?:EHOSTUNREACH|EHOSTDOWN|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/,
    'the host cannot be reached',
    'check network and firewall',
  ],
  [
    /^(?:EPERM|EACCES)$/,
    'this machine does not permit the connection',
    'check its firewall, and what its services may reach',
  ],
  [
    /^(?:EMFILE|ENFILE|ENOBUFS)$/,
    'this machine cannot open another connection',
    'raise its limit of open files, or lower concurrency',
  ],
  [/^(?:ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'connecting timed out', 'check network and firewall'],
  [
    /^(?:UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|SLIMBOARD_DEADLINE)$/,
    'timed out before the answer was complete',
    'try again later',
  ],
  [
    /^(?:ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/,
    'the connection was closed early',
    'try again later',
  ],
];

/** What may help besides, where a registry over HTTPS is concerned. */
const HTTPS_HINTS: readonly (readonly [codes: RegExp, advice: string])[] = [
  [/^ECONNREFUSED$/, PLAIN_HTTP],
  // With TLS 1.3, the system may tell of the closed connection before the alert is read.
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, "if it asks for a client certificate, name one in the source's certFile"],
];

/** Whether the same request may succeed seconds later. */
export function isPassing(error: unknown): boolean {
  const isKnown = error instanceof SlimboardError;
  if (isKnown && error.retry.kind !== 'backoff') return false;
  const code = codeOf(connectionError(isKnown ? error.cause : error));
  return code !== 'PROXY_REFUSED' && !LASTING.some(([codes]) => codes.test(code));
}

/** The error for a request that got no answer. @throws the error itself when {@link findFailure} does not know it */
export function failureOf(error: unknown, what: string, scheme: string): SlimboardError {
  const failure = findFailure(error, what, scheme);
  if (failure) return failure;
  throw error;
}

/**
 * The error for a failure of the socket, of TLS or of undici; a SlimboardError is returned as it is. Undefined for
 * anything else: a bug, or the reason of an abort.
 */
export function findFailure(error: unknown, what: string, scheme: string): SlimboardError | undefined {
  if (error instanceof SlimboardError) return error;
  if (error instanceof ProxyError || error instanceof OutageError)
    return new RegistryUnavailableError(`${what}: ${error.message}`, { cause: error });
  const failed = connectionError(error);
  const code = codeOf(failed);
  const syscall = code && (failed as NodeJS.ErrnoException).syscall;
  // System calls fail in more ways than a table can list.
  const other = syscall ? [code, `${syscall} failed`, 'check network and firewall'] : [];
  const [, happened, advice] = [...LASTING, ...PASSING].find(([codes]) => codes.test(code)) ?? other;
  if (happened === undefined) return undefined;
  const [, more] = (scheme === 'https:' && HTTPS_HINTS.find(([codes]) => codes.test(code))) || [];
  const help = more === undefined ? advice : `${advice}; ${more}`;
  return new RegistryUnavailableError(`${what}: ${happened} (${code}): ${help}`, { cause: error });
}
