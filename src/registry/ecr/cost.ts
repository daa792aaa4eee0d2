import { sum } from '../../common/sum.ts';
import { IMAGES_PER_CALL } from './manifests.ts';
import type { EcrOperation } from './operations.ts';
import { ITEMS_PER_PAGE } from './pages.ts';

/** A blob is read from S3, by a URL that GetDownloadUrlForLayer gave. */
export type EcrRequestKind = EcrOperation | 'GetBlob';

/** What an audit would find, per registry (an account in a region). */
export interface EcrInventory {
  /** Repositories that it lists, taken or not. */
  readonly listed: number;
  /** For each that is taken: the images that it holds, and how many of their manifests were never read. */
  readonly repositories: readonly { readonly images: number; readonly newManifests: number }[];
  /** Configs and layers that were never read; each is asked for once, whichever repository has it. */
  readonly newBlobs: number;
  /** Whether anything came, moved or went since the audit before: only then may what is stored have changed. */
  readonly isChanged: boolean;
}

export interface EcrCost {
  readonly requests: Readonly<Record<EcrRequestKind, number>>;
  readonly total: number;
  /** How long the quotas alone make it take (seconds), if nothing else used them; latency comes on top. */
  readonly quotaSeconds: number;
}

/**
 * Requests a second for an account in a region; pulls of production draw on the same. None is published for the others.
 * @see Amazon ECR user guide, "Amazon ECR service quotas" (November 2026)
 */
export const ECR_QUOTAS_PER_SECOND: Partial<Readonly<Record<EcrRequestKind, number>>> = {
  BatchGetImage: 2_000,
  GetDownloadUrlForLayer: 3_000,
};

/** The requests that an audit costs a registry. Of the 100,000 repositories that one can have, none is free: one page at least, and its tags. */
export function estimateEcrCalls({ listed, repositories, newBlobs, isChanged }: EcrInventory): EcrCost {
  const requests: Record<EcrRequestKind, number> = {
    DescribeRepositories: pages(listed, ITEMS_PER_PAGE),
    DescribeImages: sum(repositories.map(({ images }) => pages(images, ITEMS_PER_PAGE))),
    ListTagsForResource: repositories.length,
    BatchGetImage: sum(repositories.map(({ newManifests }) => Math.ceil(newManifests / IMAGES_PER_CALL))),
    GetDownloadUrlForLayer: newBlobs,
    GetBlob: newBlobs,
    GetAccountSetting: isChanged ? 1 : 0,
    ListPullTimeUpdateExclusions: 0,
  };
  const kinds = Object.keys(requests) as EcrRequestKind[];
  return {
    requests,
    total: sum(Object.values(requests)),
    quotaSeconds: Math.max(
      0,
      ...kinds.map((kind) => requests[kind] / (ECR_QUOTAS_PER_SECOND[kind] ?? Number.POSITIVE_INFINITY)),
    ),
  };
}

/** A listing takes one request to find out that it is empty. */
function pages(entries: number, size: number): number {
  return Math.max(1, Math.ceil(entries / size));
}
