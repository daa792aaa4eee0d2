import { classifyImage } from '../classify/classify-image.ts';
import type { KnownBase } from '../classify/verdict.ts';
import type { LayerContents } from '../deep/contents.ts';
import { fetchLayer } from '../deep/fetch-layer.ts';
import { type ImageMeasurement, measureImage } from '../deep/measure-image.ts';
import {
  isItemFailure,
  MalformedContentError,
  NotAnImageError,
  NotFoundError,
  UnsupportedContentError,
} from '../errors.ts';
import { wantedChildren } from '../fetch/wanted-children.ts';
import { attestedImage, provenanceLayers } from '../oci/attestation.ts';
import { contentKind, needsConfig } from '../oci/content-kind.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { type ImageConfig, layerDiffIds, MAX_CONFIG_BYTES, parseImageConfig, platformOf } from '../oci/image-config.ts';
import { parseJsonObject } from '../oci/json.ts';
import { type ImageIndex, type ImageManifest, type Manifest, parseManifest } from '../oci/manifest.ts';
import { formatPlatform, type Platform, platformMatches } from '../oci/platform.ts';
import { formatReference, type Reference } from '../oci/reference.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { FetchedManifest, ListedRepository, Registry } from '../registry/registry.ts';
import { withoutSecrets } from '../secrets/without-secrets.ts';
import type { ImageOnBases } from '../store/known-bases.ts';

/** One image, read straight from its registry and classified. As in what audits store, its secrets are replaced. */
export interface LoadedImage {
  readonly reference: Reference;
  readonly platform: Platform;
  readonly digest: Digest;
  /** The digest of the index that lists the image, if the reference names an index. */
  readonly indexDigest?: Digest;
  /** Includes what its layers contain if they were read. */
  readonly image: AuditedImage;
  /** Known images whose layers are the first layers of this one. */
  readonly bases: readonly KnownBase[];
  readonly measurement?: ImageMeasurement;
}

/** Which image is loaded, and what is read of it. */
export interface LoadImageOptions {
  readonly signal: AbortSignal;
  /** Selects the image of an index. */
  readonly platform: Platform;
  /** Finds the known images that an image may be built on, by the chain IDs of its layers. */
  readonly findBases?: (image: ImageOnBases) => Promise<readonly KnownBase[]>;
  /** Whether to read the contents of its layers, too. */
  readonly deep?: boolean;
}

/** What is being loaded, from where and how. */
interface Loading extends LoadImageOptions {
  readonly registry: Registry;
  readonly repository: ListedRepository;
  readonly reference: Reference;
}

interface ParsedManifest {
  readonly digest: Digest;
  readonly manifest: Manifest;
}

/**
 * Reads one image with its config and provenance, and classifies it.
 * @throws NotFoundError when the image does not exist, or not for the platform
 * @throws NotAnImageError when the reference names something else
 */
export async function loadImage(
  registry: Registry,
  reference: Reference,
  options: LoadImageOptions,
): Promise<LoadedImage> {
  const repository: ListedRepository = { registry: reference.registry, name: reference.repository };
  const loading: Loading = { ...options, registry, repository, reference };
  const { digest, manifest } = await readReference(loading);
  if (manifest.form !== 'index') return readImage(loading, { digest, manifest });
  const found = await findImage(loading, manifest);
  return readImage(loading, found.image, { index: digest, listing: found.listing });
}

async function readReference(loading: Loading): Promise<ParsedManifest> {
  const { registry, repository, reference, signal } = loading;
  if (reference.digest) return readByDigest(loading, reference.digest);
  if (reference.tag === undefined) throw new Error('a reference has neither tag nor digest');
  const answer = await registry.readTag(repository, reference.tag, undefined, { signal });
  if (typeof answer === 'string') throw new Error('a request for a manifest was answered with its digest alone');
  return parse(loading, answer);
}

async function readByDigest(loading: Loading, digest: Digest): Promise<ParsedManifest> {
  const { registry, repository, signal } = loading;
  const answer = (await registry.readManifests(repository, [digest], { signal })).get(digest);
  if (answer instanceof Error) throw answer;
  if (!answer) throw new NotFoundError(`${repository.registry}/${repository.name}@${digest} not found`);
  return parse(loading, answer);
}

function parse({ reference }: Loading, { digest, body, mediaType }: FetchedManifest): ParsedManifest {
  return { digest, manifest: naming(reference, () => parseManifest(withoutSecrets(body, 'manifest'), mediaType)) };
}

/** Errors of parsers name a field of the content; this adds the image that has it. */
function naming<T>(reference: Reference, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MalformedContentError)) throw error;
    throw new MalformedContentError(`${formatReference(reference)}: ${error.message}`, { cause: error });
  }
}

/** How far the search for an image in an index has come. */
interface Search {
  readsLeft: number;
  /** The platforms that were found instead of the one that is searched. */
  readonly offered: Set<string>;
}

interface FoundImage {
  readonly image: ParsedManifest;
  /** The index that lists it: the one that the reference names, or one in it. */
  readonly listing: ImageIndex;
}

/** Finds an index's image for the platform. @throws NotFoundError */
async function findImage(loading: Loading, index: ImageIndex): Promise<FoundImage> {
  const search: Search = { readsLeft: MAX_CHILDREN, offered: new Set() };
  const found = await searchIndex(loading, index, search);
  if (found) return found;
  const { reference, platform } = loading;
  const offered = [...search.offered].join(', ') || 'it has none';
  throw new NotFoundError(
    `${formatReference(reference)} has no image for ${formatPlatform(platform)}: choose another one with --platform (${offered})`,
  );
}

/**
 * Searches an index, and the indexes in it: by the platforms that entries state or, if they state none, by the configs.
 */
async function searchIndex(loading: Loading, listing: ImageIndex, search: Search): Promise<FoundImage | undefined> {
  const named = namedFor(loading.platform, listing, search);
  const others = wantedChildren(listing, { platforms: [loading.platform], provenance: false });
  for (const digest of new Set([...named, ...others])) {
    if (search.readsLeft-- <= 0) return undefined;
    const child = await readByDigest(loading, digest);
    if (child.manifest.form === 'index') {
      const found = await searchIndex(loading, child.manifest, search);
      if (found) return found;
    } else if (named.has(digest) || (await runsOnPlatform(loading, child, search))) return { image: child, listing };
  }
  return undefined;
}

/** The entries that an index states to be for the platform. */
function namedFor(platform: Platform, { manifests }: ImageIndex, { offered }: Search): ReadonlySet<Digest> {
  const named = new Set<Digest>();
  for (const entry of manifests) {
    if (!entry.platform || entry.platform.os === 'unknown') continue;
    if (platformMatches(entry.platform, [platform])) named.add(entry.digest);
    else offered.add(formatPlatform(entry.platform));
  }
  return named;
}

async function runsOnPlatform(loading: Loading, child: ParsedManifest, { offered }: Search): Promise<boolean> {
  const own = await findPlatform(loading, child);
  if (!own) return false;
  if (platformMatches(own, [loading.platform])) return true;
  offered.add(formatPlatform(own));
  return false;
}

/** An index may list indexes, and images and signatures without platforms; real indexes have a few such entries. */
const MAX_CHILDREN = 100;

/** Returns the platform that an image's config states, or undefined if the manifest is not an image. */
async function findPlatform(loading: Loading, { manifest }: ParsedManifest): Promise<Platform | undefined> {
  try {
    const { config } = await readConfig(loading, manifest);
    return platformOf(config);
  } catch (error) {
    if (error instanceof UnsupportedContentError) return undefined;
    throw error;
  }
}

async function readImage(
  loading: Loading,
  { digest, manifest }: ParsedManifest,
  within?: { readonly index: Digest; readonly listing: ImageIndex },
): Promise<LoadedImage> {
  const { reference } = loading;
  const { image, config } = await readConfig(loading, manifest);
  const provenance = within ? await readProvenance(loading, within.listing, digest) : [];
  const bases = (await loading.findBases?.({ config, digest, repository: reference.repository })) ?? [];
  const annotations = within ? { indexAnnotations: within.listing.annotations } : {};
  const verdict = classifyImage({ manifest: image, config, provenance, bases, ...annotations });
  const classified: AuditedImage = { manifest: image, config, verdict };
  const indexDigest = within ? { indexDigest: within.index } : {};
  const loaded = { reference, ...indexDigest, platform: platformOf(config), digest, image: classified, bases };
  if (!loading.deep) return loaded;
  const layers = await readLayers(loading, classified);
  const measurement = measureImage(classified, layers);
  return { ...loaded, image: measurement.image, measurement };
}

/** Reads every layer of an image, base first, and checks each against the config. @throws the errors of `fetchLayer` */
async function readLayers(loading: Loading, { manifest, config }: AuditedImage): Promise<readonly LayerContents[]> {
  const diffIds = layerDiffIds(config, manifest);
  const contents: LayerContents[] = [];
  for (const [position, layer] of manifest.layers.entries()) {
    const named = diffIds[position];
    contents.push(await fetchLayer(loading, layer, (diffId) => named === undefined || diffId === named));
  }
  return contents;
}

async function readConfig(
  { registry, repository, reference, signal }: Loading,
  manifest: Manifest,
): Promise<{ image: ImageManifest; config: ImageConfig }> {
  if (manifest.form === 'manifest' && needsConfig(manifest)) {
    const content = await registry.readBlob(repository, manifest.config, { signal, maxBytes: MAX_CONFIG_BYTES });
    const config = naming(reference, () => parseImageConfig(withoutSecrets(content, 'config')));
    if (contentKind(manifest, config) === 'image') return { image: manifest, config };
  }
  throw new NotAnImageError(`${formatReference(reference)} is not an image but ${describeKind(manifest)}`);
}

function describeKind(manifest: Manifest): string {
  if (manifest.form === 'schema1')
    return 'a manifest of Docker schema 1, which has neither sizes nor a config: push it again with a current client';
  const kind = contentKind(manifest);
  if (kind === 'signature') return 'a signature';
  // Only its config showed that there is nothing to run.
  return kind === 'image' ? 'an artifact' : `an ${kind}`;
}

/** Reads the provenance that the index's attestations hold for one image; leaves out what cannot be read. */
async function readProvenance(
  { registry, repository, signal }: Loading,
  index: ImageIndex,
  image: Digest,
): Promise<readonly unknown[]> {
  const digests = index.manifests.filter((child) => attestedImage(child) === image).map(({ digest }) => digest);
  const answers = [...(await registry.readManifests(repository, digests, { signal })).values()];
  const read = async (blob: Descriptor): Promise<unknown> => {
    const content = await registry.readBlob(repository, blob, { signal, maxBytes: MAX_CONFIG_BYTES });
    return parseJsonObject(withoutSecrets(content, 'provenance'), 'provenance');
  };
  const statements = await Promise.all(
    answers.flatMap(provenanceIn).map((blob) => read(blob).catch(ignoreItemFailure)),
  );
  return statements.filter((statement) => statement !== undefined);
}

function provenanceIn(answer: FetchedManifest | Error): readonly Descriptor[] {
  try {
    if (answer instanceof Error) throw answer;
    const manifest = parseManifest(answer.body, answer.mediaType);
    return manifest.form === 'manifest' ? provenanceLayers(manifest) : [];
  } catch (error) {
    return ignoreItemFailure(error) ?? [];
  }
}

/** @throws the error if it concerns more than one item */
function ignoreItemFailure(error: unknown): undefined {
  if (!isItemFailure(error)) throw error;
  return undefined;
}
