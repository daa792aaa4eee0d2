/**
 * Expected failures. Each has a stable `code` (shown in `report errors`, part of the public interface) and says whether
 * a retry may help. Any other thrown value is a bug and ends the process with exit code 1.
 */

/**
 * Whether a retry may help. `never`: it would fail the same way. `backoff`: retry with growing delays. `after`: retry
 * once `delayMs` milliseconds have passed.
 */
export type Retry =
  | { readonly kind: 'never' }
  | { readonly kind: 'backoff' }
  | { readonly kind: 'after'; readonly delayMs: number };

const NEVER: Retry = { kind: 'never' };
export const BACKOFF: Retry = { kind: 'backoff' };

/** The stable codes of expected failures; part of the public interface. */
export type ErrorCode =
  | 'settings'
  | 'invalid-reference'
  | 'authentication'
  | 'access-denied'
  | 'not-found'
  | 'unsupported-content'
  | 'malformed-content'
  | 'content-mismatch'
  | 'too-large'
  | 'rate-limited'
  | 'registry-unavailable'
  | 'store-unavailable'
  | 'queue-unavailable'
  | 'delivery'
  | 'store-locked'
  | 'store-version'
  | 'audit-running'
  | 'workers-ended'
  | 'internal';

interface FailureOptions {
  readonly cause?: unknown;
  readonly retry?: Retry;
}

/**
 * The base class of every expected failure. `message` says what happened, to what, and what would work; `retry`
 * defaults to `never`.
 */
export class SlimboardError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;

  constructor(code: ErrorCode, message: string, options: FailureOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retry = options.retry ?? NEVER;
  }
}

/** Makes the base class of the failures with a code, whose retry is the given one unless an error says otherwise. */
function failure(code: ErrorCode, retry = NEVER) {
  return class extends SlimboardError {
    constructor(message: string, options?: FailureOptions) {
      super(code, message, { retry, ...options });
    }
  };
}

/** A settings file, environment variable or flag is wrong. The command exits with code 2. */
export class SettingsError extends failure('settings') {}

/** The database refuses a statement, because the role in its URL lacks a right. */
export class StoreAccessError extends SettingsError {}

/** A text is not a valid repository, tag, digest or image reference. Exit code 2 when a person typed it. */
export class InvalidReferenceError extends failure('invalid-reference') {}

/** The registry still answers 401 after one token refresh. */
export class AuthenticationError extends failure('authentication') {}

/** The registry answers 403: the credentials are valid but lack permission. */
export class AccessDeniedError extends failure('access-denied') {}

/** A repository, tag, manifest or blob does not exist, or no longer does. */
export class NotFoundError extends failure('not-found') {}

/** The registry itself reports that the repository does not exist. A plain 404 does not prove that. */
export class UnknownRepositoryError extends NotFoundError {}

/** The content is of a kind that slimboard does not read. */
export class UnsupportedContentError extends failure('unsupported-content') {}

/** A reference names something else than an image, such as a Helm chart. Exit code 2 when a person typed it. */
export class NotAnImageError extends UnsupportedContentError {}

/** JSON has the wrong shape; the message gives the path of the field. */
export class MalformedContentError extends failure('malformed-content') {}

/** Content exceeds its limit, or the size in its descriptor. A retry fails the same way, unless `retry` says otherwise. */
export class TooLargeError extends failure('too-large') {}

/** Bytes do not match their descriptor. A retry may fetch the right ones, unless `retry` says otherwise. */
export class ContentMismatchError extends failure('content-mismatch', BACKOFF) {}

/** The registry asks clients to slow down. Never fails an audit: the attempt is not counted. */
export class RateLimitedError extends SlimboardError {
  constructor(message: string, delayMs: number, options?: { readonly cause?: unknown }) {
    super('rate-limited', message, { ...options, retry: { kind: 'after', delayMs } });
  }
}

/** The registry did not answer properly: 5xx, timeout, reset, refused connection, unknown host or TLS failure. */
export class RegistryUnavailableError extends failure('registry-unavailable', BACKOFF) {}

/** The database cannot be reached, or asked for the transaction to be retried. */
export class StoreUnavailableError extends failure('store-unavailable', BACKOFF) {}

/** Redis cannot be reached, or the server is not Redis. */
export class QueueUnavailableError extends failure('queue-unavailable', BACKOFF) {}

/** A report could not be written, or a webhook did not accept its message. */
export class DeliveryError extends failure('delivery', BACKOFF) {}

/** Another process has the embedded database open. */
export class StoreLockedError extends failure('store-locked') {}

/** The database's schema is newer than this program supports, or older and may not be migrated here. */
export class StoreVersionError extends failure('store-version') {}

/** Another process is auditing one of the same sources. */
export class AuditRunningError extends failure('audit-running') {}

/**
 * Whether an error affects a single item only. A rate limit and a right that the database's role lacks affect every item;
 * an abort too, but is no SlimboardError.
 */
export function isItemFailure(error: unknown): error is SlimboardError {
  return error instanceof SlimboardError && error.code !== 'rate-limited' && !(error instanceof StoreAccessError);
}

/**
 * Returns the error if it affects a single item only.
 * @throws any other error unchanged: the whole batch then waits and is tried again
 */
export function asItemFailure(error: unknown): SlimboardError {
  if (isItemFailure(error)) return error;
  throw error;
}

/** The message of any thrown value: an Error's own, or the value as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const DISK_FULL_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Whether a file could not be written because a disk, or a quota, is full. */
export function isDiskFull(error: unknown): boolean {
  return DISK_FULL_CODES.has(codeOf(error));
}

/**
 * The error for a file that the user named, and that cannot be read.
 * @param what the file, perhaps with what names it: `certFile /etc/client.pem`
 */
export function unreadableFile(what: string, cause: unknown): SettingsError {
  const message = `cannot read ${what} (${codeOf(cause)}): check that it is a file, and that you may read it`;
  return new SettingsError(message, { cause });
}

/** Whether the error comes from the file system: `ENOENT: no such file or directory, …` */
export function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

/** The code of any thrown value, such as ENOENT or a SQLSTATE; empty if it has none. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : '';
}
