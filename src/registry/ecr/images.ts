import type { ImageDetail } from '@aws-sdk/client-ecr';
import { MalformedContentError, NotFoundError } from '../../errors.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { parseTag, type Tag } from '../../oci/reference.ts';
import { listedName, nameKeeper } from '../keep-names.ts';
import type { ListedManifest, ListedRepository, ListOptions } from '../registry.ts';
import type { EcrClient } from './client.ts';
import { ITEMS_PER_PAGE, readPages } from './pages.ts';

/**
 * A repository's images, page by page, archived and untagged ones too. An image with three tags is three entries. A tag that
 * moves meanwhile stays where it was seen first.
 */
export function listImages(
  client: EcrClient,
  repository: ListedRepository,
  listing: ListOptions,
): AsyncGenerator<readonly ListedManifest[]> {
  const keep = nameKeeper(`${repository.registry}/${repository.name}: list of images`, parseTag, listing);
  return readPages(
    async (nextToken) => {
      // Without imageStatus ECR leaves out archived images, which are stored and paid for all the same.
      const filter = { tagStatus: 'ANY', imageStatus: 'ANY' } as const;
      const input = { maxResults: ITEMS_PER_PAGE, filter, nextToken };
      const answer = await client.callOn('DescribeImages', repository, input, listing.signal);
      return {
        items: (answer.imageDetails ?? []).flatMap((image) => entriesOf(image, keep, listing)),
        nextToken: answer.nextToken,
      };
    },
    ({ tag, digest }) => tag ?? `${digest}`,
  );
}

/**
 * The digest that a tag names now. DescribeImages neither moves the pull time nor imports anything from upstream.
 * @throws NotFoundError when the tag is gone
 */
export async function resolveTag(
  client: EcrClient,
  repository: ListedRepository,
  tag: Tag,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const input = { imageIds: [{ imageTag: tag }] };
  const { imageDetails } = await client.callOn('DescribeImages', repository, input, signal);
  const [image] = imageDetails ?? [];
  if (!image)
    throw new NotFoundError(`${repository.registry}/${repository.name}:${tag} was deleted since it was listed`);
  return digestFrom(image);
}

function entriesOf(
  image: ImageDetail,
  keep: (names: readonly unknown[]) => readonly Tag[],
  { onInvalid }: ListOptions,
): readonly ListedManifest[] {
  if (onInvalid && !isDigest(image.imageDigest ?? '')) {
    for (const name of image.imageTags ?? [image.imageDigest ?? '']) onInvalid(listedName(name), noDigest(image));
    return [];
  }
  const { imageTags = [] } = image;
  const entry = entryOf(image);
  const tags = keep(imageTags);
  // If all tags are invalid the image is left out: each was reported, and the image is not an untagged one.
  return imageTags.length === 0 ? [entry] : tags.map((tag) => ({ ...entry, tag }));
}

function entryOf(image: ImageDetail): ListedManifest {
  const { imageStatus = 'ACTIVE', subjectManifestDigest: subject = '' } = image;
  return {
    digest: digestFrom(image),
    mediaType: image.imageManifestMediaType,
    artifactType: image.artifactMediaType,
    pushedAt: isoDate(image.imagePushedAt),
    pulledAt: isoDate(lastUse(image)),
    reportedBytes: image.imageSizeInBytes,
    // An image that is being restored cannot be read yet either.
    ...(imageStatus === 'ACTIVE' ? {} : { archived: true }),
    ...(isDigest(subject) ? { subject } : {}),
  };
}

/** ECR's own rules, too, count from the restoring of an archived image that nobody has pulled since. */
function lastUse({ lastRecordedPullTime: pulled, lastActivatedAt: restored }: ImageDetail): Date | undefined {
  return pulled && restored && pulled > restored ? pulled : (restored ?? pulled);
}

function digestFrom(image: ImageDetail): Digest {
  const text = image.imageDigest ?? '';
  if (!isDigest(text)) throw noDigest(image);
  return text;
}

function noDigest({ imageDigest = '' }: ImageDetail): MalformedContentError {
  return new MalformedContentError(`ECR lists an image whose digest is "${imageDigest.slice(0, 140)}"`);
}

function isoDate(date: Date | undefined): string | undefined {
  return date && !Number.isNaN(date.getTime()) ? date.toISOString() : undefined;
}
