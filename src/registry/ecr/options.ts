import type { Clock } from '../clock.ts';
import type { RequestGovernor } from '../registry.ts';
import type { RequestObservation } from '../transport.ts';

export interface EcrOptions {
  /** Whose registry; absent: the one of the caller's account. */
  readonly accountId?: string;
  /** A registry is one account's in one region. Absent: the region of the environment, or of the profile. */
  readonly regions?: readonly string[];
  /** ARN of the role to read with; its session is renewed as long as the registry is open. */
  readonly assumeRole?: string;
  /** What the role's trust policy asks for, where the role is another organization's. */
  readonly externalId?: string;
  /** Of the AWS configuration files; absent: the SDK's default chain. */
  readonly profile?: string;
  /** URL of ECR's API: an interface endpoint of a VPC, FIPS, or a test. */
  readonly endpoint?: string;
  /** The key of the repository tag that names the owner; `team` unless told otherwise. */
  readonly teamTag?: string;
  /** Requests at the same time within one call of ours (16); the governor bounds all of them together. */
  readonly concurrency?: number;
  /** Also sees to the wait after a refusal: ECR tells none. */
  readonly governor: RequestGovernor;
  /** Told of each request; the method is ECR's operation, and GET for a blob. */
  readonly onRequest?: (request: RequestObservation) => void;
  /** Told what could not be read and does not fail the audit: a sentence to log. */
  readonly onNote?: (note: string) => void;
  readonly clock?: Clock;
  /** From 0 to 1, for the spread of retries; default `Math.random`. */
  readonly random?: () => number;
}

/** Requests of about 20 ms: 16 at a time read the tags of 10,000 repositories in a quarter of a minute. */
export const DEFAULT_CONCURRENCY = 16;
export const DEFAULT_TEAM_TAG = 'team';
