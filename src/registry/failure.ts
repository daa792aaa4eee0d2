import { printable } from '../common/printable.ts';
import {
  AccessDeniedError,
  AuthenticationError,
  codeOf,
  MalformedContentError,
  NotFoundError,
  RateLimitedError,
  RegistryUnavailableError,
  SlimboardError,
  UnknownRepositoryError,
  UnsupportedContentError,
} from '../errors.ts';
import { CERTIFICATE_ALERT, connectionError } from '../network/connection-error.ts';
import { ProxyError } from '../network/tunnel.ts';
import { isObject } from '../oci/json.ts';
import type { Answer } from './exchange.ts';
import type { RequestOutcome } from './registry.ts';

/**
 * The first error code that the registry's body names: `NAME_UNKNOWN`, `DENIED`, …
 * @see distribution-spec, "Error Codes"
 */
export function errorCodeOf(answer: Answer): string | undefined {
  return firstError(answer)?.code;
}

/**
 * The error for an answer that is no success. Its message says what happened, to what, and what would help.
 * @param what names what was asked for, and its registry
 * @param who names the credentials that were sent
 */
export function refusalOf(answer: Answer, what: string, who: string): SlimboardError {
  const said = saidBy(answer);
  switch (answer.status) {
    case 400:
      if (!wantsCertificate(answer)) break;
      return new AuthenticationError(`${what}: ${CERTIFICATE_WANTED.join(': ')}`);
    case 401:
      // Docker Hub and GitLab refuse a repository that does not exist like one that is private.
      return new AuthenticationError(
        `${what}: the registry refused ${who}${said}: check username and password, that they may read this repository, and that it exists`,
      );
    case 403:
      return new AccessDeniedError(`${what}: permission denied for ${who}${said}: grant read access`);
    case 412:
      // Harbor, for images that are vulnerable, not scanned or not signed, if the project asks for that.
      return new AccessDeniedError(`${what}: a policy of the registry forbids to pull it${said}`);
    case 404:
      return notFound(answer, what, said);
    case 429:
      return new RateLimitedError(`${what}: the registry throttled the request${said}`, 0);
    case 405:
    case 501:
      return new UnsupportedContentError(`${what}: the registry does not support this request${said}`);
  }
  if (isTemporary(answer))
    return new RegistryUnavailableError(
      `${what}: the registry failed with HTTP ${answer.status}${said}: try again later`,
    );
  return new MalformedContentError(`${what}: unexpected answer HTTP ${answer.status}${said}${plainHttpHint(answer)}`);
}

/** Whether the same request may succeed later: after 5xx, but for 501; 408; or 499, nginx's word for a timeout of its own. */
export function isTemporary({ status }: Pick<Answer, 'status'>): boolean {
  return (status >= 500 && status !== 501) || status === 408 || status === 499;
}

/** What a status says about the registry's limits. @param status undefined when no answer came */
export function outcomeKind(status: number | undefined): RequestOutcome['kind'] {
  if (status === 429 || status === 503) return 'throttled';
  return status === undefined || isTemporary({ status }) ? 'failed' : 'answered';
}

function notFound(answer: Answer, what: string, said: string): NotFoundError {
  const { code, message = '' } = firstError(answer) ?? {};
  // Harbor has one code for everything that it does not find. @see cue-lang/cue#2982
  const isRepository = code === 'NAME_UNKNOWN' || (code === 'NOT_FOUND' && /^repository \S+ not found$/.test(message));
  if (!isRepository) return new NotFoundError(`${what}: ${missing(code)}${said}`);
  return new UnknownRepositoryError(
    `${what}: the registry has no such repository (or hides it from these credentials)${said}`,
  );
}

function missing(code: string | undefined): string {
  if (code === 'MANIFEST_UNKNOWN') return 'the repository has no such tag or manifest (any more)';
  if (code === 'BLOB_UNKNOWN') return 'the repository has no such blob (any more)';
  return 'not found';
}

/** Whether it is the page by which nginx refuses a request without a valid client certificate. */
function wantsCertificate({ body }: Answer): boolean {
  return /<title>400 (?:No required|The) SSL certificate/.test(body.toString('latin1', 0, 1_000));
}

/** A hint for an HTTP request to an HTTPS port, which Go's server and nginx both answer in these words. */
function plainHttpHint({ status, body }: Answer): string {
  const spoken = status === 400 && /HTTPS (?:server|port)/i.test(body.toString('latin1', 0, 1_000));
  return spoken ? ': the registry uses HTTPS: leave out --plain-http (plainHttp: false)' : '';
}

/** What the body of a refusal says, in parentheses after a space; empty if that is nothing. */
export function saidBy(answer: Answer): string {
  const { code = '', message = '' } = firstError(answer) ?? {};
  // Many registries repeat the code as words: "manifest unknown".
  const repeated = plainWords(code) === plainWords(message);
  const words = [code, repeated ? '' : message].filter((word) => word).join(': ');
  return words ? ` (${words})` : '';
}

function plainWords(text: string): string {
  return text.toLowerCase().replaceAll('_', ' ');
}

/**
 * Gateways in front of a registry answer in forms of their own: `{"message": …}` (Kong, Docker Hub's login: `details`), a
 * line of text ("404 page not found": nothing serves this path), or a page. Storages behind it answer in XML.
 */
function firstError({ body }: Answer): { code?: string; message?: string } | undefined {
  const text = body.toString('utf8');
  if (/^\s*<(?:!doctype|html)/i.test(text)) return { message: A_PAGE };
  try {
    const value: unknown = JSON.parse(text);
    const [first] = isObject(value) && Array.isArray(value.errors) ? value.errors : [value];
    if (!isObject(first)) return undefined;
    return { ...shown('code', first.code), ...shown('message', first.message ?? first.details ?? first.error) };
  } catch {
    if (/^\s*</.test(text))
      return { ...shown('code', elementOf(text, 'Code')), ...shown('message', elementOf(text, 'Message')) };
    return /^\s*[[{]/.test(text) ? undefined : shown('message', text);
  }
}

/** The text of an XML element. @see S3 API reference, "Error responses"; Azure and Google name them alike */
function elementOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

const A_PAGE = 'with a page: a proxy or a login may have answered instead of the registry';

/** Makes text from outside fit for a terminal: printable, and at most 200 characters. */
function shown<Name extends string>(name: Name, value: unknown): { [Key in Name]?: string } {
  const text = typeof value === 'string' ? printable(value.trim().slice(0, 200)) : '';
  return (text ? { [name]: text } : {}) as { [Key in Name]?: string };
}

const CERTIFICATE_WANTED = [
  'it asks for a client certificate that it trusts',
  "name one that is in date in the source's certFile, and its key in keyFile",
] as const;

const PLAIN_HTTP = 'if it serves plain HTTP, use --plain-http (plainHttp: true)';

/** What may help besides, where a registry over HTTPS is concerned. */
const HTTPS_HINTS: readonly (readonly [codes: RegExp, advice: string])[] = [
  [/^ECONNREFUSED$/, PLAIN_HTTP],
  // With TLS 1.3, the system may tell of the closed connection before the alert is read.
  [/^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, "if it asks for a client certificate, name one in the source's certFile"],
];

/** Errors that OpenSSL finds in a certificate itself. @see nodejs.org/api/tls.html, "X509 certificate error codes" */
const INVALID_CERTIFICATE =
  /^(?:INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|CRL_[A-Z_]+|[A-Z]+_KEY_TOO_SMALL|[A-Z]+_MD_TOO_WEAK|UNSPECIFIED)$/;

const HINTS: readonly (readonly [codes: RegExp, happened: string, advice: string])[] = [
  [/^ECONNREFUSED$/, 'connection refused', 'check host and port'],
  [/^(?:ENOTFOUND|EAI_NODATA)$/, 'host not found', 'check its name, and the DNS of this machine'],
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
    INVALID_CERTIFICATE,
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

/** Failures that the same request would meet again a moment later. */
const LASTING =
  /^(?:PROXY_REFUSED|ENOTFOUND|EAI_NODATA|ERR_TLS_|ERR_SSL_|CERT_|HOSTNAME_MISMATCH|EPROTO|HPE_)|SELF_SIGNED|UNABLE_TO_/;

/** Whether the same request may succeed seconds later. */
export function isPassing(error: unknown): boolean {
  const isKnown = error instanceof SlimboardError;
  if (isKnown && error.retry.kind !== 'backoff') return false;
  const code = codeOf(connectionError(isKnown ? error.cause : error));
  return !LASTING.test(code) && !INVALID_CERTIFICATE.test(code);
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
  if (error instanceof ProxyError) return new RegistryUnavailableError(`${what}: ${error.message}`, { cause: error });
  const failed = connectionError(error);
  const code = codeOf(failed);
  const syscall = code && (failed as NodeJS.ErrnoException).syscall;
  // System calls fail in more ways than HINTS can list.
  const other = syscall ? [code, `${syscall} failed`, 'check network and firewall'] : [];
  const [, happened, advice] = HINTS.find(([codes]) => codes.test(code)) ?? other;
  if (happened === undefined) return undefined;
  const [, more] = (scheme === 'https:' && HTTPS_HINTS.find(([codes]) => codes.test(code))) || [];
  const help = more === undefined ? advice : `${advice}; ${more}`;
  return new RegistryUnavailableError(`${what}: ${happened} (${code}): ${help}`, { cause: error });
}
