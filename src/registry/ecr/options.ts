import type { Proxies } from '../../network/proxies.ts';
import type { Clock } from '../clock.ts';
import type { RequestGovernor, RequestOutcome } from '../registry.ts';

/** Which ECR registries to read, and how. */
export interface EcrOptions {
  /** The account whose registries are read; absent: the caller's own. */
  readonly account?: string | undefined;
  /** One registry is read in each; absent: the region of the environment, or of the profile. */
  readonly regions?: readonly string[] | undefined;
  /** ARN of the role to assume; its session is renewed for as long as the registry is open. */
  readonly assumeRole?: string | undefined;
  /** The external id that the role's trust policy requires, if the role belongs to another organization. */
  readonly externalId?: string | undefined;
  /** A profile of the AWS configuration files; absent: the SDK's default chain. */
  readonly profile?: string | undefined;
  /** URL of ECR's API, for an interface endpoint of a VPC, for FIPS, or for a test. */
  readonly endpoint?: string | undefined;
  /** The key of the repository tag that names the owner. */
  readonly teamKey: string;
  /** Bounds requests, and decides how long to wait after a refusal: ECR does not say. */
  readonly governor: RequestGovernor;
  /** Called after each request. */
  readonly onRequest?: ((kind: RequestOutcome['kind']) => void) | undefined;
  /** Called with a sentence on what could not be read, where that does not fail the audit. */
  readonly onNote?: (note: string) => void;
  readonly clock?: Clock;
  /** Default: every server is reached directly. */
  readonly proxies?: Proxies;
}

/**
 * The most requests at the same time for one method call; the governor bounds all calls together. At about 20 ms a
 * request, 16 at a time read the tags of 10,000 repositories in 15 seconds.
 */
export const REQUESTS_AT_ONCE = 16;
