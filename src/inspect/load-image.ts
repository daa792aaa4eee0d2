import { type ImageMeasurement, measureImage } from '../audit/measure-image.ts';
import { classifyImage } from '../classify/classify-image.ts';
import type { KnownBase } from '../classify/verdict.ts';
import { isItemFailure, NotFoundError, UnsupportedContentError } from '../errors.ts';
import { wantedChildren } from '../fetch/wanted-children.ts';
import { describesOf, provenanceOf } from '../oci/attestation.ts';
import { contentKind, needsConfig } from '../oci/content-kind.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { type ImageConfig, MAX_CONFIG_BYTES, parseImageConfig, platformOf } from '../oci/image-config.ts';
import { parseJsonObject } from '../oci/json.ts';
import { type ImageIndex, type ImageManifest, type Manifest, parseManifest } from '../oci/manifest.ts';
import { formatPlatform, type Platform, platformMatches } from '../oci/platform.ts';
import { formatReference, type Reference } from '../oci/reference.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { FetchedManifest, ListedRepository, Registry } from '../registry/registry.ts';
import { readImageLayers } from './read-image-layers.ts';

/** One image, read straight from its registry and classified. */
export interface LoadedImage {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly digest: Digest;
  /** Of the index that lists it, if any. */
  readonly indexDigest?: Digest;
  /** With what its layers hold, where they were read. */
  readonly image: AuditedImage;
  /** Known images that it begins with. */
  readonly bases: readonly KnownBase[];
  readonly measurement?: ImageMeasurement;
}

export interface LoadImageOptions {
  readonly signal: AbortSignal;
  /** Which image of an index. */
  readonly platform: Platform;
  /** Known images with which it may begin, by the chain IDs of its layers. */
  readonly findBases?: (config: ImageConfig) => Promise<readonly KnownBase[]>;
  /** Read the contents of its layers, too. */
  readonly deep?: boolean;
}

/**
 * Reads one image with its config and provenance, and classifies it.
 * @throws NotFoundError when it is not there, or not for the platform
 * @throws UnsupportedContentError when the reference names no image
 */
export async function loadImage(
  registry: Registry,
  reference: Reference,
  options: LoadImageOptions,
): Promise<LoadedImage> {
  const repository: ListedRepository = { registry: reference.registry, name: reference.repository };
  const top = await readReference(registry, repository, reference, options.signal);
  const manifest = parseManifest(top.body, top.mediaType);
  if (manifest.form !== 'index') {
    return { reference, ...(await readImage(registry, repository, top, manifest, undefined, reference, options)) };
  }
  const child = await readChild(registry, repository, manifest, reference, options);
  return {
    reference,
    indexDigest: top.digest,
    ...(await readImage(
      registry,
      repository,
      child,
      parseManifest(child.body, child.mediaType),
      manifest,
      reference,
      options,
    )),
  };
}

async function readReference(
  registry: Registry,
  repository: ListedRepository,
  { tag, digest }: Reference,
  signal: AbortSignal,
): Promise<FetchedManifest> {
  if (digest) return readByDigest(registry, repository, digest, signal);
  if (tag === undefined) throw new Error('a reference has neither tag nor digest');
  const answer = await registry.readTag(repository, tag, undefined, { signal });
  if (answer === 'unchanged') throw new Error('an unconditional request was answered as a conditional one');
  return answer;
}

async function readByDigest(
  registry: Registry,
  repository: ListedRepository,
  digest: Digest,
  signal: AbortSignal,
): Promise<FetchedManifest> {
  const answer = (await registry.readManifests(repository, [digest], { signal })).get(digest);
  if (answer instanceof Error) throw answer;
  if (!answer) throw new NotFoundError(`${repository.registry}/${repository.name}@${digest} is not there`);
  return answer;
}

/** The index's image for the platform: by what the index says or, where it says nothing, by what configs say. */
async function readChild(
  registry: Registry,
  repository: ListedRepository,
  index: ImageIndex,
  reference: Reference,
  { platform, signal }: LoadImageOptions,
): Promise<FetchedManifest> {
  const child = index.manifests.find((entry) => entry.platform && platformMatches(entry.platform, [platform]));
  if (child) return readByDigest(registry, repository, child.digest, signal);
  const offered = index.manifests.flatMap((entry) =>
    entry.platform && entry.platform.os !== 'unknown' ? [formatPlatform(entry.platform)] : [],
  );
  const unnamed = wantedChildren(index, { platforms: [platform], provenance: false });
  for (const digest of unnamed.slice(0, MAX_UNNAMED_CHILDREN)) {
    const fetched = await readByDigest(registry, repository, digest, signal);
    const own = await findPlatform(registry, repository, fetched, reference, signal);
    if (own && platformMatches(own, [platform])) return fetched;
    if (own) offered.push(formatPlatform(own));
  }
  throw new NotFoundError(
    `${formatReference(reference)} has no image for ${formatPlatform(platform)}: name another one by --platform (${offered.join(', ') || 'it has none'})`,
  );
}

/** An index may list an image without a platform, and its signatures beside it; real ones have a few. */
const MAX_UNNAMED_CHILDREN = 100;

/** The platform that an image's config states; undefined where it is no image. */
async function findPlatform(
  registry: Registry,
  repository: ListedRepository,
  { body, mediaType }: FetchedManifest,
  reference: Reference,
  signal: AbortSignal,
): Promise<Platform | undefined> {
  try {
    const { config } = await readConfig(registry, repository, parseManifest(body, mediaType), reference, signal);
    return platformOf(config);
  } catch (error) {
    if (error instanceof UnsupportedContentError) return undefined;
    throw error;
  }
}

async function readImage(
  registry: Registry,
  repository: ListedRepository,
  fetched: FetchedManifest,
  manifest: Manifest,
  index: ImageIndex | undefined,
  reference: Reference,
  options: LoadImageOptions,
): Promise<Omit<LoadedImage, 'reference' | 'indexDigest'>> {
  const { image, config } = await readConfig(registry, repository, manifest, reference, options.signal);
  const platform = platformOf(config);
  const provenance = index ? await readProvenance(registry, repository, index, fetched.digest, options.signal) : [];
  const bases = (await options.findBases?.(config)) ?? [];
  const verdict = classifyImage({
    manifest: image,
    config,
    platform,
    provenance,
    bases,
    ...(index ? { indexAnnotations: index.annotations } : {}),
  });
  const classified: AuditedImage = { manifest: image, config, verdict };
  const loaded = { platform, digest: fetched.digest, image: classified, bases };
  if (!options.deep) return loaded;
  const layers = await readImageLayers(registry, repository, classified, options.signal);
  const measurement = measureImage(classified, layers);
  return { ...loaded, image: measurement.image, measurement };
}

async function readConfig(
  registry: Registry,
  repository: ListedRepository,
  manifest: Manifest,
  reference: Reference,
  signal: AbortSignal,
): Promise<{ image: ImageManifest; config: ImageConfig }> {
  if (manifest.form === 'manifest' && needsConfig(manifest)) {
    const config = parseImageConfig(
      await registry.readBlob(repository, manifest.config, { signal, maxBytes: MAX_CONFIG_BYTES }),
    );
    if (contentKind(manifest, reference.tag, config) === 'image') return { image: manifest, config };
  }
  throw new UnsupportedContentError(
    `${formatReference(reference)} is no image but ${describeKind(manifest, reference)}`,
  );
}

function describeKind(manifest: Manifest, { tag }: Reference): string {
  const kind = contentKind(manifest, tag);
  if (manifest.form === 'schema1')
    return 'a manifest of Docker schema 1, which has neither sizes nor a config: push it again with a current client';
  return kind === 'signature'
    ? 'a signature'
    : kind === 'index'
      ? 'an index in an index'
      : `an ${kind === 'image' ? 'artifact' : kind}`;
}

/** The provenance that the index's attestations hold for one image; what cannot be read is left out. */
async function readProvenance(
  registry: Registry,
  repository: ListedRepository,
  index: ImageIndex,
  image: Digest,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const digests = index.manifests.filter((child) => describesOf(child) === image).map(({ digest }) => digest);
  const answers = [...(await registry.readManifests(repository, digests, { signal })).values()];
  const read = async (blob: Descriptor): Promise<unknown> =>
    parseJsonObject(await registry.readBlob(repository, blob, { signal, maxBytes: MAX_CONFIG_BYTES }), 'provenance');
  const statements = await Promise.all(answers.flatMap(provenanceIn).map((blob) => read(blob).catch(nothingOfAnItem)));
  return statements.filter((statement) => statement !== undefined);
}

function provenanceIn(answer: FetchedManifest | Error): readonly Descriptor[] {
  try {
    if (answer instanceof Error) throw answer;
    const manifest = parseManifest(answer.body, answer.mediaType);
    return manifest.form === 'manifest' ? provenanceOf(manifest) : [];
  } catch (error) {
    return nothingOfAnItem(error) ?? [];
  }
}

/** @throws what concerns more than one item */
function nothingOfAnItem(error: unknown): undefined {
  if (!isItemFailure(error)) throw error;
  return undefined;
}
