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
import type { RequestOutcome } from '../registry.ts';
import type { EcrOperation } from './operations.ts';

/** What was asked, for the message of its failure. */
export interface EcrRequest {
  readonly operation: EcrOperation;
  /** The ARN, or `*`. */
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

/** The parts of an SDK error that tell what happened; network errors have a `code`, answers have `$metadata`. */
interface SdkError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** Whether newer credentials may help. */
export function isExpiredCredentials(error: unknown): boolean {
  return error instanceof Error && EXPIRED.has(error.name);
}

/** Whether AWS answered; else the failure came up on this side: no credentials found, no way there. */
export function isAnswered(error: unknown): boolean {
  return error instanceof Error && statusOf(error) !== undefined;
}

/** Whether the failure behind ours is ECR's refusal of a parameter; that is its answer to an expired page token too. */
export function isInvalidParameter(error: unknown): boolean {
  return error instanceof SlimboardError && error.cause instanceof Error && isParameterError(error.cause);
}

function isParameterError(error: Error): boolean {
  return error.name === 'InvalidParameterException' || error.name === 'ValidationException';
}

/** What the governor and metrics are to know about a failed call. ECR throttles with HTTP 400; a limit is known by 429. */
export function outcomeOf(error: unknown): RequestOutcome {
  if (!(error instanceof Error)) return { throttled: false };
  const status = isThrottled(error) ? 429 : statusOf(error);
  const { retryAfterMs } = rateLimitsOf((error as SdkError).$response?.headers ?? {}, Date.now());
  return {
    throttled: status === 429 || status === 503,
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function statusOf(error: SdkError): number | undefined {
  return error.$metadata?.httpStatusCode;
}

/** Not any 503: that may last, and waiting for a limit has no end. */
function isThrottled(error: SdkError): boolean {
  return THROTTLED.has(error.name) || statusOf(error) === 429;
}

/** `ecr:ACTION on RESOURCE`, as IAM says it. */
export function nameOf({ operation, resource }: EcrRequest): string {
  return `ecr:${operation} on ${resource}`;
}

/**
 * A failed call as an expected failure, whose message names the IAM action, the resource and what would work.
 * @throws the error itself when it is neither an answer of AWS nor of the network: a bug
 */
export function toSlimboardError(error: unknown, request: EcrRequest): SlimboardError {
  if (!(error instanceof Error)) throw error;
  const what = nameOf(request);
  const options = { cause: error };
  // After the first line the SDK tells programmers where to look.
  const reason = `${error.name}: ${error.message.split('\n', 1)[0]}`;
  if (isThrottled(error)) return new RateLimitedError(`${what}: ECR asks to slow down (${error.name})`, 0, options);
  // The SDK has learned the difference between the clocks from this answer: the next request is signed right.
  if ((error as SdkError).$metadata?.clockSkewCorrected) {
    return new RegistryUnavailableError(`${what}: this machine's clock is off (${reason})`, options);
  }
  if (CREDENTIALS.has(error.name) || isOfFile(error)) return authenticationError(error, request);
  if (error.name === 'AccessDeniedException') return deniedError(what, error);
  if (GONE.has(error.name)) return new NotFoundError(`${what}: gone since listing (${reason})`, options);
  if (error.name === 'KmsException') return keyError(what, reason, options);
  if (isParameterError(error)) return new InvalidReferenceError(`${what}: refused (${reason})`, options);
  return otherError(error, what, reason);
}

/** The SDK reads files for credentials alone: a web identity's token, which it names in an error of the system. */
function isOfFile(error: NodeJS.ErrnoException): boolean {
  return error.syscall !== undefined && error.path !== undefined;
}

function otherError(error: SdkError, what: string, reason: string): SlimboardError {
  const status = statusOf(error);
  // 501 is a stand-in's answer to what it does not offer: the same would come back.
  if (status === 501 || (status !== undefined && status >= 400 && status < 500)) {
    return new UnsupportedContentError(`${what}: refused with HTTP ${status} (${reason})`, { cause: error });
  }
  const timedOut = error.name === 'TimeoutError' && error.code === undefined;
  if (status !== undefined || timedOut) {
    return new RegistryUnavailableError(`${what}: no usable answer (${reason})`, { cause: error });
  }
  return failureOf(error, what, '');
}

function authenticationError(error: Error, request: EcrRequest): AuthenticationError {
  return new AuthenticationError(
    `AWS does not take the credentials (${request.credentials}) for ecr:${request.operation}: ${error.name}: ` +
      `${error.message}. Renew them (aws sso login, a new session), or check the role's name, trust policy and external id`,
    { cause: error },
  );
}

function deniedError(what: string, error: Error): AccessDeniedError {
  return new AccessDeniedError(
    `${what} is not allowed: add it to the role's IAM policy, or see what the repository's or registry's policy denies (${error.message})`,
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
      // Not this registry's limit: waiting for an upstream, maybe for hours, would hold up what can be read.
      return new RegistryUnavailableError(`${what}: the upstream registry asks to slow down (${why})`);
    case 'UpstreamUnavailable':
      return new RegistryUnavailableError(`${what}: the upstream registry is away (${why})`);
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
      return new NotFoundError(`${what}: gone since listing (${why})`);
    default:
      return new RegistryUnavailableError(`${what}: ECR does not give it (${why})`);
  }
}
