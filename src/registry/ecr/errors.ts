import {
  AccessDeniedError,
  AuthenticationError,
  InvalidReferenceError,
  NotFoundError,
  RateLimitedError,
  RegistryUnavailableError,
  SlimboardError,
  UnsupportedContentError,
} from '../../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { failureOf } from '../failure.ts';
import { rateLimitsOf } from '../rate-limit-headers.ts';
import { outcomeKind } from '../refusal.ts';
import type { RequestOutcome } from '../registry.ts';
import type { EcrOperation } from './operations.ts';

/** A request, for the message of its failure. */
export interface EcrRequest {
  readonly operation: EcrOperation;
  /** The ARN of the repository, or `*`. */
  readonly resource: string;
  /** Where the credentials come from, in words. */
  readonly credentials: string;
}

// The names that @smithy/core counts as throttling, as far as ECR, STS and S3 use them.
const THROTTLED: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'LimitExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'BandwidthLimitExceeded',
  'SlowDown',
]);

const EXPIRED: ReadonlySet<string> = new Set(['ExpiredTokenException', 'ExpiredToken']);

const CREDENTIALS: ReadonlySet<string> = new Set([
  ...EXPIRED,
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'CredentialsProviderError',
  'TokenProviderError',
  'InvalidIdentityToken',
  'IDPRejectedClaim',
  'UnauthorizedException',
  // STS leaves out the "Exception": the role may not be assumed. ECR's own refusal is AccessDeniedException.
  'AccessDenied',
]);

const GONE: ReadonlySet<string> = new Set([
  'RepositoryNotFoundException',
  'ImageNotFoundException',
  'LayersNotFoundException',
  'LayerInaccessibleException',
]);

/** The parts of an SDK error that say what happened; network errors have a `code`, answers have `$metadata`. */
interface SdkError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** Whether newer credentials may help. */
export function isExpiredCredentials(error: unknown): boolean {
  return error instanceof Error && EXPIRED.has(error.name);
}

/** Whether AWS answered. If not, the failure is on this side: no credentials were found, or no connection was made. */
export function isAnswered(error: unknown): boolean {
  return error instanceof Error && statusOf(error) !== undefined;
}

/** Whether an error was caused by ECR's refusal of a parameter, which is also its answer to an expired page token. */
export function isInvalidParameter(error: unknown): boolean {
  return error instanceof SlimboardError && error.cause instanceof Error && isParameterError(error.cause);
}

function isParameterError(error: Error): boolean {
  return error.name === 'InvalidParameterException' || error.name === 'ValidationException';
}

/** A failed call as governor and metrics see it. ECR throttles with HTTP 400; that is reported as 429. */
export function outcomeOf(error: unknown): RequestOutcome {
  if (!(error instanceof Error)) return { kind: 'failed' };
  const status = isThrottled(error) ? 429 : statusOf(error);
  const { retryAfterMs } = rateLimitsOf((error as SdkError).$response?.headers ?? {}, Date.now());
  const mayBeOutage = status === 503 && retryAfterMs === undefined;
  return { kind: outcomeKind(status), status, retryAfterMs, ...(mayBeOutage ? { mayBeOutage } : {}) };
}

function statusOf(error: SdkError): number | undefined {
  return error.$metadata?.httpStatusCode;
}

/** Whether ECR asks to slow down. A plain 503 is left out: it may last, and throttled requests wait without end. */
function isThrottled(error: SdkError): boolean {
  return THROTTLED.has(error.name) || statusOf(error) === 429;
}

/** `ecr:ACTION on RESOURCE`, in the terms of IAM. */
export function nameOf({ operation, resource }: EcrRequest): string {
  return `ecr:${operation} on ${resource}`;
}

/**
 * The expected failure for a failed call; its message names the IAM action, the resource and what would help.
 * @throws the error itself when it comes neither from AWS nor from the network: a bug
 */
export function toSlimboardError(error: unknown, request: EcrRequest): SlimboardError {
  if (!(error instanceof Error)) throw error;
  const what = nameOf(request);
  const options = { cause: error };
  // Further lines of an SDK error are hints for programmers.
  const reason = `${error.name}: ${error.message.split('\n', 1)[0]}`;
  if (isThrottled(error)) return new RateLimitedError(`${what}: ECR throttled the request (${error.name})`, 0, options);
  // From this answer the SDK has learned how far the clocks differ: it signs the next request right.
  if ((error as SdkError).$metadata?.clockSkewCorrected)
    return new RegistryUnavailableError(`${what}: this machine's clock is wrong (${reason})`, options);
  if (CREDENTIALS.has(error.name) || isOfFile(error)) return authenticationError(error, request);
  if (error.name === 'AccessDeniedException') return deniedError(what, error);
  if (GONE.has(error.name))
    return new NotFoundError(`${what}: not found, or deleted since it was listed (${reason})`, options);
  if (error.name === 'KmsException') return keyError(what, reason, options);
  if (isParameterError(error)) return new InvalidReferenceError(`${what}: refused (${reason})`, options);
  return otherError(error, what, reason);
}

/** Whether a file could not be read. The SDK reads files only for credentials, such as a web identity's token. */
function isOfFile(error: NodeJS.ErrnoException): boolean {
  return error.syscall !== undefined && error.path !== undefined;
}

function otherError(error: SdkError, what: string, reason: string): SlimboardError {
  const status = statusOf(error);
  // Stand-ins for ECR answer 501 to operations that they do not offer: trying again would not help.
  if (status === 501 || (status !== undefined && status >= 400 && status < 500))
    return new UnsupportedContentError(`${what}: refused with HTTP ${status} (${reason})`, { cause: error });
  const timedOut = error.name === 'TimeoutError' && error.code === undefined;
  if (status !== undefined || timedOut)
    return new RegistryUnavailableError(`${what}: no usable answer (${reason})`, { cause: error });
  return failureOf(error, what, '');
}

function authenticationError(error: Error, { credentials, operation }: EcrRequest): AuthenticationError {
  const [what, help] = isAnswered(error)
    ? [
        'AWS refused the credentials',
        "Renew them (aws sso login, a new session), or check the role's name, trust policy and external id",
      ]
    : [
        'there are no usable AWS credentials',
        'Check the profile (AWS_PROFILE), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or renew the session (aws sso login)',
      ];
  const reason = `${error.name}: ${error.message.replace(/\.$/, '')}`;
  return new AuthenticationError(`${what} (${credentials}) for ecr:${operation}: ${reason}. ${help}`, { cause: error });
}

function deniedError(what: string, error: Error): AccessDeniedError {
  return new AccessDeniedError(
    `${what} is not allowed: add it to the role's IAM policy, or check what the repository's or registry's policy denies (${error.message})`,
    { cause: error },
  );
}

function keyError(what: string, reason: string, options?: { cause: unknown }): AccessDeniedError {
  return new AccessDeniedError(
    `${what}: the repository's KMS key does not let ECR decrypt; allow kms:Decrypt on it, or enable it (${reason})`,
    options,
  );
}

/**
 * Why a batch left out one manifest. @see API_ImageFailure, failureCode
 * @param where the repository's ARN
 */
export function toImageFailure(
  code: string | undefined,
  reason: string,
  digest: Digest,
  where: string,
): SlimboardError {
  const what = `${where}@${digest}`;
  const why = `${code ?? 'no code'}: ${reason}`;
  switch (code) {
    case 'UpstreamTooManyRequests':
      // The limit is the upstream's: waiting for it, maybe for hours, would hold up what can be read.
      return new RegistryUnavailableError(`${what}: the upstream registry throttled the request (${why})`);
    case 'UpstreamUnavailable':
      return new RegistryUnavailableError(`${what}: the upstream registry is unavailable (${why})`);
    case 'UpstreamAccessDenied':
      return new AccessDeniedError(
        `${what}: the upstream registry refuses the pull-through rule's credentials (${why})`,
      );
    case 'KmsError':
      return keyError(what, why);
    case 'ImageInaccessible':
      return new UnsupportedContentError(`${what} is archived: its manifest can be read once it is restored (${why})`);
    case 'InvalidImageDigest':
    case 'InvalidImageTag':
    case 'MissingDigestAndTag':
      return new InvalidReferenceError(`${what}: refused (${why})`);
    case 'ImageNotFound':
    case 'ImageTagDoesNotMatchDigest':
      return new NotFoundError(`${what}: not found, or deleted since it was listed (${why})`);
    default:
      return new RegistryUnavailableError(`${what}: ECR did not return it (${why})`);
  }
}
