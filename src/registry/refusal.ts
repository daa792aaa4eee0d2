import { printable } from '../common/printable.ts';
import {
  AccessDeniedError,
  AuthenticationError,
  MalformedContentError,
  NotFoundError,
  RateLimitedError,
  RegistryUnavailableError,
  type SlimboardError,
  UnknownRepositoryError,
  UnsupportedContentError,
} from '../errors.ts';
import { isObject } from '../oci/json.ts';
import { withoutEcho } from './auth/credentials.ts';
import type { Answer } from './exchange.ts';
import { CERTIFICATE_WANTED } from './failure.ts';
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

const SPEAK_HTTPS =
  "leave out --plain-http (plainHttp: false) or, on a loopback address, name its authority's PEM file in the source's caFile";

/** A hint for an HTTP request to an HTTPS port, which Go's server and nginx both answer in these words. */
function plainHttpHint({ status, body }: Answer): string {
  const spoken = status === 400 && /HTTPS (?:server|port)/i.test(body.toString('latin1', 0, 1_000));
  return spoken ? `: the registry uses HTTPS: ${SPEAK_HTTPS}` : '';
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
function firstError({ body, sent }: Answer): { code?: string; message?: string } | undefined {
  const text = body.toString('utf8');
  const message = (value: unknown) =>
    shown('message', sent && typeof value === 'string' ? withoutEcho(value, sent) : value);
  if (/^\s*<(?:!doctype|html)/i.test(text)) return { message: A_PAGE };
  try {
    const value: unknown = JSON.parse(text);
    const [first] = isObject(value) && Array.isArray(value.errors) ? value.errors : [value];
    if (!isObject(first)) return undefined;
    return { ...shown('code', first.code), ...message(first.message ?? first.details ?? first.error) };
  } catch {
    if (/^\s*</.test(text))
      return { ...shown('code', elementOf(text, 'Code')), ...message(elementOf(text, 'Message')) };
    return /^\s*[[{]/.test(text) ? undefined : message(text);
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
