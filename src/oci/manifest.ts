import { MalformedContentError } from '../errors.ts';
import { type Descriptor, readDescriptor } from './descriptor.ts';
import {
  type JsonObject,
  parseJsonObject,
  readArray,
  readObject,
  readOptionalString,
  readSize,
  readString,
  readStringMap,
} from './json.ts';
import {
  isFileSystemLayer,
  isImageConfigMediaType,
  isIndexMediaType,
  isSchema1MediaType,
  MEDIA_TYPE,
} from './media-type.ts';

/** One platform's config and layers, or an artifact in the same form. @see image-spec, manifest.md */
export interface ImageManifest {
  readonly form: 'manifest';
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly config: Descriptor;
  /** Base first. */
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What ORAS and Notation pushed in 2022 and 2023: blobs without a config. @see image-spec 1.1.0-rc2, artifact.md */
export interface ArtifactManifest {
  readonly form: 'artifact';
  readonly mediaType: string;
  readonly artifactType?: string;
  readonly blobs: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A list of manifests, by platform. @see image-spec, image-index.md */
export interface ImageIndex {
  readonly form: 'index';
  readonly mediaType: string;
  readonly artifactType?: string;
  /** Blobs left out, which BuildKit lists in an index when it keeps its cache in a registry. */
  readonly manifests: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Docker's manifest version 2, schema 1: no sizes, no config; recorded, not read. */
export interface Schema1Manifest {
  readonly form: 'schema1';
  readonly mediaType: string;
}

export type Manifest = ImageManifest | ArtifactManifest | ImageIndex | Schema1Manifest;

/** ECR's own limit for a manifest; others cap at 4 to 8 MiB. @see API_BatchGetImage, imageManifest */
export const MAX_MANIFEST_BYTES = 4_194_304;

/** An index with more children than this is a bomb: the largest published ones hold a few dozen. */
const MAX_INDEX_CHILDREN = 10_000;
/** Docker's own limit is 127 layers; other builders write somewhat more. */
const MAX_LAYERS = 10_000;

/**
 * Parses a manifest of any kind.
 * @param contentType the registry's Content-Type; it decides where the body has no `mediaType` (OCI allows that)
 * @throws MalformedContentError naming the field that is wrong
 */
export function parseManifest(body: Uint8Array | string, contentType?: string): Manifest {
  const object = parseJsonObject(body, 'manifest');
  const mediaType = manifestMediaType(object, contentType);
  if (isSchema1MediaType(mediaType) || object.schemaVersion === 1) {
    return { form: 'schema1', mediaType: isSchema1MediaType(mediaType) ? mediaType : MEDIA_TYPE.dockerSchema1 };
  }
  if (mediaType === MEDIA_TYPE.ociArtifact) return parseArtifactManifest(object, mediaType);
  return isIndexMediaType(mediaType) ? parseIndex(object, mediaType) : parseImageManifest(object, mediaType);
}

/**
 * The bytes of a manifest that its digest is of: all of them, but of a signed schema 1 those that were signed. Nothing
 * else may be read then, for nothing vouches for it.
 * @throws MalformedContentError when it does not say what was signed
 * @see docker/libtrust, jsonsign.go; distribution, spec/api, "Digest Header"
 */
export function digestedContent(body: Uint8Array, mediaType: string): Uint8Array {
  if (mediaType !== MEDIA_TYPE.dockerSchema1Signed) return body;
  const { signatures } = parseJsonObject(body, 'manifest');
  const [signature] = readArray(signatures, 'manifest.signatures');
  if (signature === undefined) return body;
  const field = 'manifest.signatures[0]';
  const header = Buffer.from(readString(readObject(signature, field).protected, `${field}.protected`), 'base64url');
  const { formatLength, formatTail } = parseJsonObject(header, `${field}.protected`);
  const tail = Buffer.from(readString(formatTail, `${field}.protected.formatTail`), 'base64url');
  return Buffer.concat([body.subarray(0, readSize(formatLength, `${field}.protected.formatLength`)), tail]);
}

function manifestMediaType(object: JsonObject, contentType: string | undefined): string {
  const stated = readOptionalString(object.mediaType);
  if (stated) return stated;
  if (
    contentType &&
    contentType !== 'application/json' &&
    contentType !== 'text/plain' &&
    contentType !== 'application/octet-stream'
  ) {
    return contentType;
  }
  return Array.isArray(object.manifests) ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest;
}

function parseImageManifest(object: JsonObject, mediaType: string): ImageManifest {
  return {
    form: 'manifest',
    mediaType,
    config: readDescriptor(object.config, 'manifest.config'),
    layers: readBlobs(object, 'layers'),
    ...commonFields(object),
  };
}

function parseArtifactManifest(object: JsonObject, mediaType: string): ArtifactManifest {
  return { form: 'artifact', mediaType, blobs: readBlobs(object, 'blobs'), ...commonFields(object) };
}

function readBlobs(object: JsonObject, field: 'layers' | 'blobs'): readonly Descriptor[] {
  const blobs = readArray(object[field], `manifest.${field}`);
  if (blobs.length > MAX_LAYERS)
    throw new MalformedContentError(`manifest.${field}: ${blobs.length} ${field}, at most ${MAX_LAYERS} are read`);
  return blobs.map((blob, at) => readDescriptor(blob, `manifest.${field}[${at}]`));
}

function parseIndex(object: JsonObject, mediaType: string): ImageIndex {
  const manifests = readArray(object.manifests, 'index.manifests');
  if (manifests.length > MAX_INDEX_CHILDREN) {
    throw new MalformedContentError(
      `index.manifests: ${manifests.length} children, at most ${MAX_INDEX_CHILDREN} are read`,
    );
  }
  return {
    form: 'index',
    mediaType,
    manifests: manifests
      .map((child, at) => readDescriptor(child, `index.manifests[${at}]`))
      .filter(({ mediaType }) => mediaType !== BUILDKIT_CACHE && !isFileSystemLayer(mediaType)),
    ...commonFields(object),
  };
}

/**
 * Whether its config is an image's, by its type; Docker registries of 2016 kept configs as plain bytes, and of such a
 * manifest the layers tell. @see moby/moby, distribution/registry.go, `ImageTypes`
 */
export function hasImageConfig({ mediaType, config, layers }: ImageManifest): boolean {
  if (isImageConfigMediaType(config.mediaType)) return true;
  const isUntyped = mediaType === MEDIA_TYPE.dockerManifest && config.mediaType === 'application/octet-stream';
  return isUntyped && layers.length > 0 && layers.every((layer) => isFileSystemLayer(layer.mediaType));
}

/** @see moby/buildkit, cache/remotecache/v1/spec.go */
const BUILDKIT_CACHE = 'application/vnd.buildkit.cacheconfig.v0';

function commonFields(object: JsonObject): Pick<ImageManifest, 'artifactType' | 'subject' | 'annotations'> {
  const artifactType = readOptionalString(object.artifactType);
  const subject = object.subject == null ? undefined : readDescriptor(object.subject, 'subject');
  return {
    annotations: readStringMap(object.annotations),
    ...(artifactType ? { artifactType } : {}),
    ...(subject ? { subject } : {}),
  };
}
