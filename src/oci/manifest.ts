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

/** The annotation or label that names the base image. @see image-spec, annotations.md */
export const BASE_NAME = 'org.opencontainers.image.base.name';

/** What manifests of all forms but schema 1 have. */
interface CommonFields {
  readonly mediaType: string;
  readonly artifactType?: string | undefined;
  readonly subject?: Descriptor | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

/** One platform's config and layers, or an artifact in the same format. @see image-spec, manifest.md */
export interface ImageManifest extends CommonFields {
  readonly form: 'manifest';
  readonly config: Descriptor;
  /** Base first. */
  readonly layers: readonly Descriptor[];
}

/**
 * The manifest format that ORAS and Notation used in 2022 and 2023: blobs without a config.
 * @see image-spec 1.1.0-rc2, artifact.md
 */
export interface ArtifactManifest extends CommonFields {
  readonly form: 'artifact';
  readonly blobs: readonly Descriptor[];
}

/** A list of manifests, usually one per platform. @see image-spec, image-index.md */
export interface ImageIndex extends CommonFields {
  readonly form: 'index';
  /** Excludes the blobs that BuildKit lists in an index when it stores its cache in a registry. */
  readonly manifests: readonly Descriptor[];
}

/** Docker's manifest version 2, schema 1. It has no sizes and no config, so it is recorded but not read. */
export interface Schema1Manifest {
  readonly form: 'schema1';
  readonly mediaType: string;
}

/** Any manifest, told apart by `form`. */
export type Manifest = ImageManifest | ArtifactManifest | ImageIndex | Schema1Manifest;

const IMAGE_MANIFESTS: ReadonlySet<string> = new Set([MEDIA_TYPE.ociManifest, MEDIA_TYPE.dockerManifest]);

/** 4 MiB, ECR's limit for a manifest; other registries allow 4 to 8 MiB. @see API_BatchGetImage, imageManifest */
export const MAX_MANIFEST_BYTES = 4_194_304;

/**
 * A guard against hostile manifests: the largest published indexes have a few dozen children; Docker allows 127 layers,
 * other builders somewhat more.
 */
const MAX_DESCRIPTORS = 10_000;

/**
 * Parses a manifest of any kind.
 * @param contentType the registry's Content-Type, used when the body has no `mediaType` (OCI allows that)
 * @throws MalformedContentError naming the field that is wrong
 */
export function parseManifest(body: Uint8Array | string, contentType?: string): Manifest {
  const object = parseJsonObject(body, 'manifest');
  const mediaType = manifestMediaType(object, contentType);
  if (isSchema1MediaType(mediaType) || object.schemaVersion === 1)
    return { form: 'schema1', mediaType: isSchema1MediaType(mediaType) ? mediaType : MEDIA_TYPE.dockerSchema1 };
  if (mediaType === MEDIA_TYPE.ociArtifact) return parseArtifactManifest(object, mediaType);
  if (isIndexMediaType(mediaType)) return parseIndex(object, mediaType);
  if (object.config === undefined && !IMAGE_MANIFESTS.has(mediaType))
    throw new MalformedContentError(`manifest: its media type "${mediaType.slice(0, 140)}" is not known`);
  return parseImageManifest(object, mediaType);
}

/**
 * The bytes that a manifest's digest covers: the whole body, except for a signed schema 1 manifest, where it is the
 * signed payload. Parse only these bytes: the digest does not vouch for the rest.
 * @throws MalformedContentError when the signature does not say which bytes were signed
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

/** Types by which registries and proxies send any content. */
const UNTYPED: ReadonlySet<string> = new Set(['application/json', 'text/plain', 'application/octet-stream']);

function manifestMediaType(object: JsonObject, contentType: string | undefined): string {
  const stated = readOptionalString(object.mediaType);
  if (stated) return stated;
  if (contentType && !UNTYPED.has(contentType)) return contentType;
  return Array.isArray(object.manifests) ? MEDIA_TYPE.ociIndex : MEDIA_TYPE.ociManifest;
}

function parseImageManifest(object: JsonObject, mediaType: string): ImageManifest {
  return {
    form: 'manifest',
    config: readDescriptor(object.config, 'manifest.config'),
    layers: readDescriptors(object.layers, 'manifest.layers'),
    ...commonFields(object, mediaType),
  };
}

function parseArtifactManifest(object: JsonObject, mediaType: string): ArtifactManifest {
  return {
    form: 'artifact',
    blobs: readDescriptors(object.blobs, 'manifest.blobs'),
    ...commonFields(object, mediaType),
  };
}

function parseIndex(object: JsonObject, mediaType: string): ImageIndex {
  const manifests = readDescriptors(object.manifests, 'index.manifests').filter(
    (child) => child.mediaType !== BUILDKIT_CACHE && !isFileSystemLayer(child.mediaType),
  );
  return { form: 'index', manifests, ...commonFields(object, mediaType) };
}

function readDescriptors(value: unknown, path: string): readonly Descriptor[] {
  const list = readArray(value, path);
  if (list.length > MAX_DESCRIPTORS)
    throw new MalformedContentError(`${path}: ${list.length} entries, at most ${MAX_DESCRIPTORS} are read`);
  return list.map((entry, index) => readDescriptor(entry, `${path}[${index}]`));
}

/**
 * Whether a manifest's config is an image config, told by its media type. Docker registries of 2016 stored configs as
 * `application/octet-stream`; such a manifest counts if all its layers are file-system layers.
 * @see moby/moby, distribution/registry.go, `ImageTypes`
 */
export function hasImageConfig({ mediaType, config, layers }: ImageManifest): boolean {
  if (isImageConfigMediaType(config.mediaType)) return true;
  const isUntyped = mediaType === MEDIA_TYPE.dockerManifest && config.mediaType === 'application/octet-stream';
  return isUntyped && layers.length > 0 && layers.every((layer) => isFileSystemLayer(layer.mediaType));
}

/** The media type of BuildKit's cache config. @see moby/buildkit, cache/remotecache/v1/spec.go */
const BUILDKIT_CACHE = 'application/vnd.buildkit.cacheconfig.v0';

function commonFields(object: JsonObject, mediaType: string): CommonFields {
  return {
    mediaType,
    artifactType: readOptionalString(object.artifactType) || undefined,
    subject: object.subject == null ? undefined : readDescriptor(object.subject, 'subject'),
    annotations: readStringMap(object.annotations),
  };
}
