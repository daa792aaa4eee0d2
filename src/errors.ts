/**
 * Expected failures. Each carries a stable `code` (shown in `report errors`, part of the public interface) and says
 * whether trying again may help. Anything else that is thrown is a bug and ends the process with exit code 1.
 */

/** `never`: the same answer will come back. `backoff`: try again later. `after`: try again when `delayMs` have passed. */
export type Retry =
  | { readonly kind: 'never' }
  | { readonly kind: 'backoff' }
  | { readonly kind: 'after'; readonly delayMs: number };

const NEVER: Retry = { kind: 'never' };
const BACKOFF: Retry = { kind: 'backoff' };

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

/** The base of every expected failure; `message` says what happened, to what, and what would work. */
export class SlimboardError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;

  constructor(code: ErrorCode, message: string, options: { retry?: Retry; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retry = options.retry ?? NEVER;
  }
}

type Cause = { cause?: unknown };

/** A file, variable or flag is wrong. Ends a command with exit code 2. */
export class SettingsError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('settings', message, options);
  }
}

/** Text that is no repository, tag, digest or image reference. Exit code 2 when a person typed it. */
export class InvalidReferenceError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('invalid-reference', message, options);
  }
}

/** 401 after one token refresh. */
export class AuthenticationError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('authentication', message, options);
  }
}

/** 403: who we are is known, and it is not enough. */
export class AccessDeniedError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('access-denied', message, options);
  }
}

/** A repository, tag, manifest or blob that is not there (any more). */
export class NotFoundError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('not-found', message, options);
  }
}

/** The registry itself says that it has no repository of that name; a page that is only not found says nothing of it. */
export class UnknownRepositoryError extends NotFoundError {}

/** Content of a kind that slimboard does not read. */
export class UnsupportedContentError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('unsupported-content', message, options);
  }
}

/** JSON of the wrong shape; the message names the path of the field. */
export class MalformedContentError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('malformed-content', message, options);
  }
}

/** Content over its limit, or over the size that its descriptor states. */
export class TooLargeError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('too-large', message, options);
  }
}

/** Bytes that differ from what their descriptor promises. Others may come unless `retry` says that none will. */
export class ContentMismatchError extends SlimboardError {
  constructor(message: string, options?: Cause & { retry?: Retry }) {
    super('content-mismatch', message, { retry: BACKOFF, ...options });
  }
}

/** The registry asks to slow down. Never fails an audit; the attempt does not count. */
export class RateLimitedError extends SlimboardError {
  constructor(message: string, delayMs: number, options?: Cause) {
    super('rate-limited', message, { ...options, retry: { kind: 'after', delayMs } });
  }
}

/** 5xx, time-out, reset, refused connection, unknown host, TLS failure. */
export class RegistryUnavailableError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('registry-unavailable', message, { ...options, retry: BACKOFF });
  }
}

/** The database is away, or asked to try the transaction again. */
export class StoreUnavailableError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('store-unavailable', message, { ...options, retry: BACKOFF });
  }
}

/** Redis is away, or is no Redis. */
export class QueueUnavailableError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('queue-unavailable', message, { ...options, retry: BACKOFF });
  }
}

/** A report that could not be written, or a webhook that did not take its message. */
export class DeliveryError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('delivery', message, { ...options, retry: BACKOFF });
  }
}

/** Another process holds the embedded database. */
export class StoreLockedError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('store-locked', message, options);
  }
}

/** The database's schema is newer than this program knows, or older where it may not be changed. */
export class StoreVersionError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('store-version', message, options);
  }
}

/** Another process audits one of the sources now. */
export class AuditRunningError extends SlimboardError {
  constructor(message: string, options?: Cause) {
    super('audit-running', message, options);
  }
}

/** Whether an error concerns one item. A rate limit concerns all of them, and so does an abort, which is no SlimboardError. */
export function isItemFailure(error: unknown): error is SlimboardError {
  return error instanceof SlimboardError && error.code !== 'rate-limited';
}

/** What failed of one item. @throws what concerns more than that: then the whole batch waits, and is tried again */
export function asItemError(error: unknown): SlimboardError {
  if (isItemFailure(error)) return error;
  throw error;
}

/** What to say of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
