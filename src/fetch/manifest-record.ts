import { MalformedContentError } from '../errors.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import { attestedImage } from '../oci/attestation.ts';
import { chainIds } from '../oci/chain-id.ts';
import { contentKind } from '../oci/content-kind.ts';
import { type Descriptor, MAX_CONTENT_BYTES } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { type ImageConfig, layerDiffIds, platformOf } from '../oci/image-config.ts';
import type { ImageIndex, ImageManifest, Manifest } from '../oci/manifest.ts';
import { isForeignLayer } from '../oci/media-type.ts';
import type { FetchedManifest } from '../registry/registry.ts';
import { withoutSecrets } from '../secrets/without-secrets.ts';
import type { NewBlob, NewImage, NewManifest } from '../store/content-store.ts';
import type { NewIndexChild } from '../store/index-store.ts';

/** A manifest that was read, with what its rows are made from. */
export interface RecordInput {
  readonly fetched: FetchedManifest;
  readonly manifest: Manifest;
  /** The parsed config of an image. */
  readonly config: ImageConfig | undefined;
  /** Contents of configs and provenance, to be stored. */
  readonly bodies: ReadonlyMap<Digest, Uint8Array>;
}

/**
 * Builds the rows of a manifest and its blobs, without secrets. Pure.
 * @throws MalformedContentError if the sizes of its layers add up to more than `MAX_CONTENT_BYTES`
 */
export function manifestRecordOf(input: RecordInput): {
  readonly manifest: NewManifest;
  readonly blobs: readonly NewBlob[];
} {
  const { fetched, manifest, config } = input;
  const common = {
    digest: fetched.digest,
    mediaType: manifest.mediaType,
    kind: contentKind(manifest, config),
    body: withoutSecrets(fetched.body),
  };
  if (manifest.form === 'schema1') return { manifest: { ...common, layers: [], children: [] }, blobs: [] };
  const subject = manifest.subject?.digest;
  if (manifest.form === 'index')
    return { manifest: { ...common, subject, layers: [], children: childrenOf(manifest) }, blobs: [] };
  if (manifest.form === 'artifact') {
    const layers = manifest.blobs.map(({ digest }) => ({ digest }));
    return {
      manifest: { ...common, subject, layers, children: [] },
      blobs: manifest.blobs.map((blob) => blobOf(blob, input.bodies)),
    };
  }
  const imageConfig = common.kind === 'image' ? config : undefined;
  const chain = imageConfig ? chainIds(layerDiffIds(imageConfig, manifest)) : [];
  const record: NewManifest = {
    ...common,
    subject,
    config: manifest.config.digest,
    layers: manifest.layers.map(({ digest }, position) => ({ digest, chainId: chain[position] })),
    children: [],
    image: imageConfig && imageOf(manifest, imageConfig, chain),
  };
  return { manifest: record, blobs: [manifest.config, ...manifest.layers].map((blob) => blobOf(blob, input.bodies)) };
}

function imageOf(manifest: ImageManifest, config: ImageConfig, chain: readonly Digest[]): NewImage {
  return {
    platform: platformOf(config),
    pullBytes: checkedPullBytes(manifest),
    createdAt: config.created,
    chainId: chain.at(-1),
  };
}

function checkedPullBytes(manifest: ImageManifest): number {
  const total = pullBytes(manifest);
  if (total > MAX_CONTENT_BYTES)
    throw new MalformedContentError(`manifest.layers: the sizes add up to more than ${MAX_CONTENT_BYTES} bytes`);
  return total;
}

function blobOf(blob: Descriptor, bodies: ReadonlyMap<Digest, Uint8Array>): NewBlob {
  const body = bodies.get(blob.digest);
  return {
    digest: blob.digest,
    size: blob.size,
    mediaType: blob.mediaType,
    stored: !isForeignLayer(blob.mediaType),
    body: body && withoutSecrets(body),
  };
}

function childrenOf(index: ImageIndex): readonly NewIndexChild[] {
  return index.manifests.map((child) => ({
    digest: child.digest,
    platform: child.platform,
    describes: attestedImage(child),
  }));
}
