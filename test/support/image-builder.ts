import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { type Digest, digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';

/**
 * Builds contents for a registry in a test, with true digests and sizes: images, indexes, attestations and artifacts.
 * `RegistryServer.push` adds them to a registry.
 */

/** A manifest with everything that it refers to. */
export interface BuiltManifest {
  readonly mediaType: string;
  readonly body: Buffer;
  readonly digest: Digest;
  readonly blobs: ReadonlyMap<Digest, Buffer>;
  readonly children: readonly BuiltManifest[];
  readonly artifactType?: string;
}

export interface BuiltImage extends BuiltManifest {
  /** The digest and bytes of the image config. */
  readonly config: { readonly digest: Digest; readonly body: Buffer };
  readonly layers: readonly BuiltLayer[];
  readonly platform: { readonly os: string; readonly architecture: string; readonly variant?: string };
}

export interface BuiltLayer {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly body: Buffer;
  readonly diffId: Digest;
}

/** Paths and contents; a name that ends in `/` is a folder, `{ link }` a symbolic link, `.wh.` names are whiteouts. */
export type FileMap = Readonly<Record<string, string | Buffer | { readonly link: string }>>;

/** A layer that is a real gzip'd tar. */
export async function tarLayer(files: FileMap): Promise<BuiltLayer> {
  const tar = await tarOf(files);
  return layerOf(gzipSync(tar, { level: 1 }), digestOf(tar));
}

/** A real tar, not compressed. */
export async function tarOf(files: FileMap): Promise<Buffer> {
  const archive = pack();
  for (const [name, content] of Object.entries(files)) addEntry(archive, name, content);
  archive.finalize();
  return buffer(archive);
}

function addEntry(archive: Pack, name: string, content: FileMap[string]): void {
  const mtime = new Date(0);
  if (name.endsWith('/')) archive.entry({ name, type: 'directory', mtime });
  else if (typeof content === 'string' || Buffer.isBuffer(content)) archive.entry({ name, mtime }, content);
  else archive.entry({ name, type: 'symlink', linkname: content.link, mtime });
}

/** A layer whose contents do not matter, gzip of a text; equal texts are the same layer. */
export function textLayer(text: string): BuiltLayer {
  return layerOf(gzipSync(text, { level: 1 }), digestOf(text));
}

function layerOf(body: Buffer, diffId: Digest): BuiltLayer {
  return { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(body), body, diffId };
}

export interface ImageInput {
  /** Base first; a string is a {@link textLayer}. Default: one layer. */
  readonly layers?: readonly (BuiltLayer | string)[];
  /** Default: `linux/amd64`. */
  readonly platform?: BuiltImage['platform'];
  /** The inner config: Env, Labels, User, Cmd, … */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly history?: readonly Readonly<Record<string, unknown>>[];
  readonly created?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whether media types are those of OCI (default) or of Docker. */
  readonly dialect?: 'oci' | 'docker';
}

/** The platform of images that no default setting selects. */
export const ARM = { os: 'linux', architecture: 'arm64' } as const;

/** An image for one platform. */
export function image(input: ImageInput = {}): BuiltImage {
  const docker = input.dialect === 'docker';
  const layers = (input.layers ?? ['layer']).map((layer) => dialectLayer(layer, docker));
  const platform = input.platform ?? { os: 'linux', architecture: 'amd64' };
  const body = jsonBytes(configOf(input, platform, layers));
  const config = { digest: digestOf(body), body };
  const manifest = built(docker ? MEDIA_TYPE.dockerManifest : MEDIA_TYPE.ociManifest, {
    config: { mediaType: docker ? MEDIA_TYPE.dockerConfig : MEDIA_TYPE.ociConfig, ...sized(config) },
    layers: layers.map((layer) => ({ mediaType: layer.mediaType, ...sized(layer) })),
    ...(input.annotations ? { annotations: input.annotations } : {}),
  });
  return { ...manifest, blobs: blobMap([config, ...layers]), children: [], config, layers, platform };
}

function dialectLayer(layer: BuiltLayer | string, docker: boolean): BuiltLayer {
  const plain = typeof layer === 'string' ? textLayer(layer) : layer;
  return docker ? { ...plain, mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip' } : plain;
}

function configOf(input: ImageInput, platform: BuiltImage['platform'], layers: readonly BuiltLayer[]): unknown {
  return {
    ...platform,
    created: input.created ?? '2024-01-01T00:00:00Z',
    config: input.config ?? {},
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: input.history ?? layers.map((_, at) => ({ created_by: `COPY file${at} /` })),
  };
}

/** An image index over images (each by its platform), attestations, and other indexes. */
export function index(
  children: readonly (BuiltImage | BuiltAttestation | BuiltManifest)[],
  input: Pick<ImageInput, 'annotations' | 'dialect'> = {},
): BuiltManifest {
  const mediaType = input.dialect === 'docker' ? MEDIA_TYPE.dockerManifestList : MEDIA_TYPE.ociIndex;
  const manifests = children.map((child) => ({
    mediaType: child.mediaType,
    ...sized(child),
    ...('platform' in child ? { platform: child.platform } : {}),
    ...('describes' in child ? { annotations: attestationAnnotations(child.describes) } : {}),
  }));
  const manifest = built(mediaType, {
    manifests,
    ...(input.annotations ? { annotations: input.annotations } : {}),
  });
  return { ...manifest, blobs: new Map(), children };
}

export interface BuiltAttestation extends BuiltManifest {
  readonly describes: Digest;
  readonly platform: { readonly os: 'unknown'; readonly architecture: 'unknown' };
}

/** BuildKit's attestation of an image, with one in-toto statement; it belongs in an index next to the image. */
export function attestation(describes: BuiltImage, statement: unknown = {}): BuiltAttestation {
  const layer = blobOf(statement);
  const config = blobOf({
    architecture: 'unknown',
    os: 'unknown',
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const manifest = built(MEDIA_TYPE.ociManifest, {
    config: { mediaType: MEDIA_TYPE.ociConfig, ...sized(config) },
    layers: [
      {
        mediaType: MEDIA_TYPE.inToto,
        ...sized(layer),
        annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v0.2' },
      },
    ],
  });
  const platform = { os: 'unknown', architecture: 'unknown' } as const;
  return { ...manifest, blobs: blobMap([config, layer]), children: [], describes: describes.digest, platform };
}

function attestationAnnotations(describes: Digest): Record<string, string> {
  return { 'vnd.docker.reference.type': 'attestation-manifest', 'vnd.docker.reference.digest': describes };
}

/** A manifest that is no image: a chart, a signature, an SBOM. */
export function artifact(input: {
  readonly configType: string;
  readonly layerType: string;
  readonly content?: string;
  readonly artifactType?: string;
  readonly subject?: BuiltManifest;
}): BuiltManifest {
  const layer = blobOf(input.content ?? 'content');
  const config = blobOf({});
  const manifest = built(MEDIA_TYPE.ociManifest, {
    ...(input.artifactType ? { artifactType: input.artifactType } : {}),
    config: { mediaType: input.configType, ...sized(config) },
    layers: [{ mediaType: input.layerType, ...sized(layer) }],
    ...(input.subject ? { subject: { mediaType: input.subject.mediaType, ...sized(input.subject) } } : {}),
  });
  return { ...manifest, blobs: blobMap([config, layer]), children: [] };
}

/** A Docker schema 1 manifest: without sizes or a config, and its digest is that of the signed bytes. */
export function schema1(name: string): BuiltManifest {
  const fields = { schemaVersion: 1, name, tag: 'old', architecture: 'amd64', fsLayers: [], history: [] };
  return signed(JSON.stringify(fields, undefined, 3));
}

/** A schema 1 manifest as sent, with its signatures inside the JSON that they sign. @see docker/libtrust, jsonsign.go */
export function signed(content: string, more = ''): BuiltManifest {
  const [, head = '', tail = ''] = /^(.*?)(\s*\})$/s.exec(content) ?? [];
  const format = { formatLength: Buffer.byteLength(head), formatTail: Buffer.from(tail).toString('base64url') };
  const signature = { header: {}, signature: 'x', protected: jsonBytes(format).toString('base64url') };
  const body = Buffer.from(`${head},${more}"signatures":${JSON.stringify([signature])}${tail}`);
  const digest = digestOf(content);
  return { mediaType: MEDIA_TYPE.dockerSchema1Signed, body, digest, blobs: new Map(), children: [] };
}

/** A manifest of any bytes and type, as a broken or hostile client may push it. */
export function rawManifest(mediaType: string, body: string | Buffer): BuiltManifest {
  const bytes = Buffer.from(body);
  return { mediaType, body: bytes, digest: digestOf(bytes), blobs: new Map(), children: [] };
}

function built(mediaType: string, fields: object): Pick<BuiltManifest, 'mediaType' | 'body' | 'digest'> {
  const body = jsonBytes({ schemaVersion: 2, mediaType, ...fields });
  return { mediaType, body, digest: digestOf(body) };
}

type Blob = { readonly digest: Digest; readonly body: Buffer };

function blobOf(content: unknown): Blob {
  const body = typeof content === 'string' ? Buffer.from(content) : jsonBytes(content);
  return { digest: digestOf(body), body };
}

function sized({ digest, body }: Blob): { digest: Digest; size: number } {
  return { digest, size: body.length };
}

function blobMap(blobs: readonly Blob[]): ReadonlyMap<Digest, Buffer> {
  return new Map(blobs.map(({ digest, body }) => [digest, body]));
}

function jsonBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
