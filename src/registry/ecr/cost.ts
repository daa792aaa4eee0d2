import { sum } from '../../common/sum.ts';
import { IMAGES_PER_CALL } from './manifests.ts';
import type { EcrOperation } from './operations.ts';
import { ITEMS_PER_PAGE } from './pages.ts';

/** Kinds of requests; `GetBlob` reads from S3, by a URL that GetDownloadUrlForLayer returned. */
export type EcrRequestKind = EcrOperation | 'GetBlob';

/** What an audit would find in one registry (an account in a region). */
export interface EcrInventory {
  /** Repositories that the registry lists, selected or not. */
  readonly listed: number;
  /** For each selected repository: how many images it has, and how many of their manifests were never read. */
  readonly repositories: readonly { readonly images: number; readonly newManifests: number }[];
  /** Configs and layers that were never read; each is read once, however many repositories have it. */
  readonly newBlobs: number;
  /** Whether any image came, moved or went since the last audit: if not, blob mounting is not asked for. */
  readonly isChanged: boolean;
}

/** Numbers of requests to one registry. */
export type EcrRequests = Readonly<Record<EcrRequestKind, number>>;

/**
 * Requests a second for an account in a region; production's pulls share them. For other operations none are published.
 * @see Amazon ECR user guide, "Amazon ECR service quotas" (November 2026)
 */
export const ECR_QUOTAS_PER_SECOND = { BatchGetImage: 2_000, GetDownloadUrlForLayer: 3_000 } as const;

/**
 * Estimates the requests of an audit. Each of up to 100,000 repositories in a registry costs at least two: a page of
 * its images, and its tags.
 */
export function estimateEcrCalls({ listed, repositories, newBlobs, isChanged }: EcrInventory): EcrRequests {
  return {
    DescribeRepositories: pagesOf(listed),
    DescribeImages: sum(repositories.map(({ images }) => pagesOf(images))),
    ListTagsForResource: repositories.length,
    BatchGetImage: sum(repositories.map(({ newManifests }) => Math.ceil(newManifests / IMAGES_PER_CALL))),
    GetDownloadUrlForLayer: newBlobs,
    GetBlob: newBlobs,
    GetAccountSetting: isChanged ? 1 : 0,
    ListPullTimeUpdateExclusions: 0,
  };
}

/** How long requests take by the quotas alone, if nothing else uses them (seconds); latency comes on top. */
export function quotaSecondsOf({ BatchGetImage, GetDownloadUrlForLayer }: EcrRequests): number {
  const quotas = ECR_QUOTAS_PER_SECOND;
  return Math.max(BatchGetImage / quotas.BatchGetImage, GetDownloadUrlForLayer / quotas.GetDownloadUrlForLayer);
}

/** Requests for a listing; an empty one takes a request, too. */
function pagesOf(entries: number): number {
  return Math.max(1, Math.ceil(entries / ITEMS_PER_PAGE));
}
