import { type Digest, isDigest } from '../../src/oci/digest.ts';
import { isIndexMediaType } from '../../src/oci/media-type.ts';
import type { FakeState } from './fake-ecr.ts';
import { presign } from './fake-ecr-blobs.ts';
import type { BuiltManifest } from './image-builder.ts';

/** The API operations of the fake ECR. */

export interface FakeRepository {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly images: Map<Digest, FakeImage>;
  readonly blobs: Map<Digest, Buffer>;
}

export interface FakeImage {
  readonly content: BuiltManifest;
  readonly tags: Set<string>;
  status: 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING';
  readonly pushedAt: number;
  pulledAt: number | undefined;
  readonly restoredAt: number | undefined;
  readonly subject: Digest | undefined;
}

/** An error response of the API. */
export class EcrFault extends Error {
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

type Input = Readonly<Record<string, unknown>>;
type Operation = (state: FakeState, region: string, input: Input) => unknown;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  DescribeRepositories: describeRepositories,
  DescribeImages: describeImages,
  ListTagsForResource: listTagsForResource,
  BatchGetImage: batchGetImage,
  GetDownloadUrlForLayer: getDownloadUrlForLayer,
  GetAccountSetting: (state, _region, { name }) => ({
    name,
    value: state.options.blobMounting ? 'ENABLED' : 'DISABLED',
  }),
  ListPullTimeUpdateExclusions: (state) => ({ pullTimeUpdateExclusions: state.options.pullTimeExclusions ?? [] }),
};

/** Runs an operation. @throws EcrFault when the API would refuse it */
export function answerOperation(state: FakeState, region: string, name: string, input: Input): unknown {
  const operation = OPERATIONS[name];
  if (!operation) throw new EcrFault('UnknownOperationException', `${name} is not known`);
  if (input.registryId !== undefined && input.registryId !== state.account) {
    throw new EcrFault('AccessDeniedException', `not authorized for registry ${input.registryId}`);
  }
  return operation(state, region, input);
}

function describeRepositories(state: FakeState, region: string, input: Input): unknown {
  const all = [...(state.regions.get(region)?.values() ?? [])];
  const { entries, nextToken } = pageOf(state, all, input, 'repositories');
  const repositories = entries.map(({ name, arn }) => ({
    repositoryName: name,
    repositoryArn: arn,
    registryId: state.account,
    repositoryUri: `${state.account}.dkr.ecr.${region}.amazonaws.com/${name}`,
    createdAt: 1_700_000_000.5,
  }));
  return { repositories, nextToken };
}

function describeImages(state: FakeState, region: string, input: Input): unknown {
  const repository = findRepository(state, region, input);
  if (Array.isArray(input.imageIds)) return describeById(state, repository, input);
  const filter = (input.filter ?? {}) as { imageStatus?: string; tagStatus?: string };
  const wanted = filter.imageStatus ?? 'ACTIVE';
  const images = [...repository.images.values()].filter(
    (image) =>
      (wanted === 'ANY' || image.status === wanted) &&
      (filter.tagStatus !== 'TAGGED' || image.tags.size > 0) &&
      (filter.tagStatus !== 'UNTAGGED' || image.tags.size === 0),
  );
  const { entries, nextToken } = pageOf(state, images, input, repository.name);
  return { imageDetails: entries.map((image) => detailOf(state, repository, image)), nextToken };
}

function describeById(state: FakeState, repository: FakeRepository, input: Input): unknown {
  const imageIds = readImageIds(input);
  if (input.maxResults !== undefined || input.nextToken !== undefined) {
    throw invalid('imageIds may not be used with maxResults or nextToken');
  }
  const images = imageIds.map(({ imageTag, imageDigest }) => {
    const image = findImage(repository, imageTag, imageDigest);
    if (!image) throw new EcrFault('ImageNotFoundException', `The image ${imageTag ?? imageDigest} does not exist`);
    return detailOf(state, repository, image);
  });
  return { imageDetails: images };
}

function detailOf(state: FakeState, repository: FakeRepository, image: FakeImage): unknown {
  const { content } = image;
  const manifest = JSON.parse(content.body.toString()) as {
    config?: { mediaType: string; size: number };
    layers?: { size: number }[];
    artifactType?: string;
  };
  return {
    registryId: state.account,
    repositoryName: repository.name,
    imageDigest: content.digest,
    ...(image.tags.size > 0 ? { imageTags: [...image.tags] } : {}),
    ...(isIndexMediaType(content.mediaType)
      ? {}
      : {
          imageSizeInBytes:
            (manifest.config?.size ?? 0) + (manifest.layers ?? []).reduce((sum, { size }) => sum + size, 0),
        }),
    imagePushedAt: image.pushedAt,
    ...(image.pulledAt === undefined ? {} : { lastRecordedPullTime: image.pulledAt }),
    ...(image.restoredAt === undefined ? {} : { lastActivatedAt: image.restoredAt }),
    imageStatus: image.status,
    imageManifestMediaType: content.mediaType,
    ...(manifest.config ? { artifactMediaType: manifest.artifactType ?? manifest.config.mediaType } : {}),
    ...(image.subject ? { subjectManifestDigest: image.subject } : {}),
  };
}

function listTagsForResource(state: FakeState, region: string, { resourceArn }: Input): unknown {
  const repository = [...(state.regions.get(region)?.values() ?? [])].find(({ arn }) => arn === resourceArn);
  if (!repository) throw new EcrFault('RepositoryNotFoundException', `The repository ${resourceArn} does not exist`);
  return { tags: Object.entries(repository.tags).map(([Key, Value]) => ({ Key, Value })) };
}

function batchGetImage(state: FakeState, region: string, input: Input): unknown {
  const repository = findRepository(state, region, input);
  const images: unknown[] = [];
  const failures: unknown[] = [];
  for (const imageId of readImageIds(input)) {
    const { imageTag, imageDigest } = imageId;
    const image = findImage(repository, imageTag, imageDigest);
    const failure = failureOf(image, imageDigest);
    if (!image || failure) {
      failures.push({ imageId, failureCode: failure, failureReason: 'Requested image not found or not accessible' });
      continue;
    }
    if (images.length >= (state.options.imagesPerAnswer ?? Number.POSITIVE_INFINITY)) continue;
    image.pulledAt = Math.floor(Date.now() / 1000);
    images.push({
      registryId: state.account,
      repositoryName: repository.name,
      imageId: { imageDigest: image.content.digest, ...(imageTag ? { imageTag } : {}) },
      imageManifest: image.content.body.toString('utf8'),
      imageManifestMediaType: image.content.mediaType,
    });
  }
  return { images, failures };
}

function failureOf(image: FakeImage | undefined, imageDigest: string | undefined): string | undefined {
  if (imageDigest !== undefined && !isDigest(imageDigest)) return 'InvalidImageDigest';
  if (!image) return 'ImageNotFound';
  return image.status === 'ACTIVE' ? undefined : 'ImageInaccessible';
}

function getDownloadUrlForLayer(state: FakeState, region: string, input: Input): unknown {
  const repository = findRepository(state, region, input);
  const content = repository.blobs.get(input.layerDigest as Digest);
  if (!content) throw new EcrFault('LayersNotFoundException', `The layers ${input.layerDigest} are not found`);
  const path = `/${region}/${repository.name}/${encodeURIComponent(String(input.layerDigest))}`;
  state.blobs.contents.set(path, content);
  return { downloadUrl: presign(state.blobs, path), layerDigest: input.layerDigest };
}

function findRepository(state: FakeState, region: string, { repositoryName }: Input): FakeRepository {
  const repository = state.regions.get(region)?.get(String(repositoryName));
  if (repository) return repository;
  throw new EcrFault(
    'RepositoryNotFoundException',
    `The repository with name '${repositoryName}' does not exist in the registry with id '${state.account}'`,
  );
}

function findImage(repository: FakeRepository, tag: string | undefined, digest: string | undefined) {
  if (digest !== undefined) return repository.images.get(digest as Digest);
  return [...repository.images.values()].find(({ tags }) => tag !== undefined && tags.has(tag));
}

function readImageIds({ imageIds }: Input): readonly { imageTag?: string; imageDigest?: string }[] {
  if (!Array.isArray(imageIds) || imageIds.length < 1 || imageIds.length > 100) {
    throw invalid("parameter at 'imageIds' failed to satisfy constraint: length from 1 to 100");
  }
  return imageIds as { imageTag?: string; imageDigest?: string }[];
}

/** A page of a list. Its token is valid only for the same list and in the same epoch. */
function pageOf<Entry>(state: FakeState, all: readonly Entry[], { maxResults, nextToken }: Input, what: string) {
  const size = maxResults === undefined ? 100 : Number(maxResults);
  if (!(size >= 1 && size <= 1000)) throw invalid("parameter at 'maxResults' failed to satisfy constraint: 1 to 1000");
  const [epoch, name, offset] = nextToken === undefined ? [] : String(nextToken).split('|');
  if (nextToken !== undefined && (Number(epoch) !== state.tokenEpoch || name !== what)) {
    throw invalid("parameter at 'nextToken' failed to satisfy constraint: is valid");
  }
  const from = Number(offset ?? 0);
  const to = from + Math.min(size, state.options.pageSize ?? size);
  const next = to < all.length ? `${state.tokenEpoch}|${what}|${to}` : undefined;
  return { entries: all.slice(from, to), nextToken: next };
}

function invalid(what: string): EcrFault {
  return new EcrFault('InvalidParameterException', `Invalid ${what}`);
}
