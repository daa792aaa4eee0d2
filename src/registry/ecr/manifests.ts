import type { Image } from '@aws-sdk/client-ecr';
import { chunksOf } from '../../common/chunks-of.ts';
import { mapConcurrently } from '../../common/concurrently.ts';
import {
  AuthenticationError,
  asItemFailure,
  isItemFailure,
  RegistryUnavailableError,
  TooLargeError,
} from '../../errors.ts';
import { type Digest, verifyDigest } from '../../oci/digest.ts';
import { digestedContent, MAX_MANIFEST_BYTES, parseManifest } from '../../oci/manifest.ts';
import { bareMediaType, MANIFEST_MEDIA_TYPES } from '../../oci/media-type.ts';
import type { FetchedManifest, ListedRepository } from '../registry.ts';
import type { EcrClient } from './client.ts';
import { toImageFailure } from './errors.ts';
import { REQUESTS_AT_ONCE } from './options.ts';

type Results = Map<Digest, FetchedManifest | Error>;

/** @see API_BatchGetImage, imageIds: at most 100 */
export const IMAGES_PER_CALL = 100;

/**
 * Reads manifests in batches, always by digest: for a tag, ECR may convert a manifest or import one from upstream. Each
 * digest is read once, because reading moves the image's last recorded pull time.
 */
export async function readByDigest(
  client: EcrClient,
  repository: ListedRepository,
  digests: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<Digest, FetchedManifest | Error>> {
  const where = client.arnOf(repository.name);
  const ask = (some: readonly Digest[]) => fetchBatch(client, repository, some, signal);
  const batches = [...chunksOf([...new Set(digests)], IMAGES_PER_CALL)];
  const results = await mapConcurrently(batches, REQUESTS_AT_ONCE, (batch) => readBatch(batch, where, ask));
  return new Map(results.flatMap((result) => [...result]));
}

/**
 * When ECR refuses a batch as a whole, each of its digests gets that error; refused credentials and limits are thrown.
 * Digests that an answer leaves out are asked for again, until an answer contains none of them.
 */
async function readBatch(
  digests: readonly Digest[],
  where: string,
  ask: (digests: readonly Digest[]) => Promise<Results>,
): Promise<Results> {
  const answered = await ask(digests).catch((error: unknown): Results => {
    if (!isItemFailure(error) || error instanceof AuthenticationError) throw error;
    return new Map(digests.map((digest) => [digest, error]));
  });
  const left = digests.filter((digest) => !answered.has(digest));
  if (left.length === 0) return answered;
  const leftOut = (digest: Digest) => new RegistryUnavailableError(`${where}@${digest}: ECR left it out of its answer`);
  if (left.length === digests.length) return new Map(left.map((digest) => [digest, leftOut(digest)]));
  return new Map([...answered, ...(await readBatch(left, where, ask))]);
}

/** One answer of ECR: for each digest in it a manifest, or why there is none. */
async function fetchBatch(
  client: EcrClient,
  repository: ListedRepository,
  digests: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<Results> {
  const imageIds = digests.map((imageDigest) => ({ imageDigest }));
  const input = { imageIds, acceptedMediaTypes: [...MANIFEST_MEDIA_TYPES] };
  const { images, failures } = await client.callOn('BatchGetImage', repository, input, signal);
  const sent = new Map(images?.map((image) => [image.imageId?.imageDigest, image]));
  const failed = new Map(failures?.map((failure) => [failure.imageId?.imageDigest, failure]));
  const where = client.arnOf(repository.name);
  const results: Results = new Map();
  for (const digest of digests) {
    const image = sent.get(digest);
    const failure = failed.get(digest);
    if (image) results.set(digest, checkManifest(image, digest, where));
    else if (failure)
      results.set(digest, toImageFailure(failure.failureCode, failure.failureReason ?? '', digest, where));
  }
  return results;
}

function checkManifest(image: Image, digest: Digest, where: string): FetchedManifest | Error {
  const body = Buffer.from(image.imageManifest ?? '', 'utf8');
  const what = `${where}@${digest}`;
  if (body.length > MAX_MANIFEST_BYTES)
    return new TooLargeError(`${what}: the manifest has ${body.length} bytes, at most ${MAX_MANIFEST_BYTES} are read`);
  try {
    const mediaType = bareMediaType(image.imageManifestMediaType);
    const content = digestedContent(body, mediaType);
    verifyDigest(content, digest, what);
    return { digest, mediaType: mediaType || parseManifest(content).mediaType, body: content };
  } catch (error) {
    return asItemFailure(error);
  }
}
