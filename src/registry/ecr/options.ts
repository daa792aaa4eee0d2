import type { RegistryHost } from '../../oci/reference.ts';
import type { RequestGovernor, RequestOutcome } from '../registry.ts';
import type { EcrOperation } from './operations.ts';
import type { RetryBudget } from './retry.ts';

/** A blob is read from S3, by a URL that GetDownloadUrlForLayer gave. */
export type EcrRequestKind = EcrOperation | 'GetBlob';

/** One request that was sent, also when it failed. */
export interface EcrRequestEvent {
  readonly operation: EcrRequestKind;
  readonly host: RegistryHost;
  readonly outcome: RequestOutcome;
  readonly durationMs: number;
}

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
  readonly lanes?: number;
  readonly governor?: RequestGovernor;
  readonly onRequest?: (request: EcrRequestEvent) => void;
  /** Told what could not be read and does not fail the audit: a sentence to log. */
  readonly onNote?: (note: string) => void;
  readonly retry?: RetryBudget;
}

/** Requests of about 20 ms: 16 lanes read the tags of 10,000 repositories in a quarter of a minute. */
export const DEFAULT_LANES = 16;
export const DEFAULT_TEAM_TAG = 'team';
