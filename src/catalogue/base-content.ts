import { classifyImage } from '../classify/classify-image.ts';
import type { ImageVerdict } from '../classify/verdict.ts';
import type { BatchContent } from '../fetch/read-batch.ts';
import type { Digest } from '../oci/digest.ts';
import { type ImageConfig, parseImageConfig } from '../oci/image-config.ts';
import { type ImageManifest, parseManifest } from '../oci/manifest.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Tag } from '../oci/reference.ts';
import type { ListedRepository } from '../registry/registry.ts';
import type { BaseTag } from '../store/catalogue-store.ts';
import type { NewManifest } from '../store/content-store.ts';
import type { BaseContent } from './base-image.ts';

/**
 * Returns what each tag of a batch names, for the catalogue to store. A tag that names no image is returned without
 * images, so that it is not read again.
 * @param known images that the batch did not read because the catalogue holds them already
 */
export function baseTagsOf(
  repository: ListedRepository,
  batch: BatchContent,
  known: ReadonlyMap<Digest, BaseContent>,
): readonly BaseTag[] {
  const manifests = new Map(batch.manifests.map((manifest) => [manifest.digest, manifest]));
  const configs = new Map(batch.blobs.flatMap(({ digest, body }) => (body ? [[digest, body] as const] : [])));
  const failed = new Set(batch.failed.map(({ tag }) => tag));
  const contents = new Map<Digest, BaseContent | undefined>();
  const contentOf = (digest: Digest, tag: Tag): BaseContent | undefined => {
    if (!contents.has(digest)) {
      const manifest = manifests.get(digest);
      const name = `${repository.name}:${tag}`;
      contents.set(digest, manifest ? describe(manifest, configs, name) : known.get(digest));
    }
    return contents.get(digest);
  };
  return batch.sightings.flatMap(({ tag, digest }): readonly BaseTag[] => {
    if (tag === undefined) return [];
    const images = imagesUnder(digest, manifests).flatMap((image) => contentOf(image, tag) ?? []);
    return [{ tag, digest, images, complete: !failed.has(tag) }];
  });
}

/** Returns the manifest itself or, if it is an index, every manifest under it; each digest once. */
function imagesUnder(
  digest: Digest,
  manifests: ReadonlyMap<Digest, NewManifest>,
  seen = new Set<Digest>(),
): readonly Digest[] {
  if (seen.has(digest)) return [];
  seen.add(digest);
  const manifest = manifests.get(digest);
  if (manifest?.kind !== 'index') return [digest];
  return manifest.children.flatMap((child) => imagesUnder(child.digest, manifests, seen));
}

/** @returns undefined for a manifest that is no image, and for an image without a chain ID */
function describe(
  manifest: NewManifest,
  configs: ReadonlyMap<Digest, Uint8Array>,
  name: string,
): BaseContent | undefined {
  const { digest, image, layers } = manifest;
  const body = manifest.config === undefined ? undefined : configs.get(manifest.config);
  if (!image?.chainId || !manifest.body || !body) return undefined;
  const parsed = parseManifest(manifest.body, manifest.mediaType);
  if (parsed.form !== 'manifest') return undefined;
  const config = parseImageConfig(body);
  return {
    digest,
    platform: formatPlatform(image.platform),
    chainId: image.chainId,
    layerCount: layers.length,
    pullBytes: image.pullBytes,
    labels: config.labels,
    createdAt: image.createdAt,
    ...traitsOf(verdictOf(parsed, config, digest, name), name),
  };
}

/** Classifies the image with its own name as its base: the tag may state the distribution. */
function verdictOf(manifest: ImageManifest, config: ImageConfig, digest: Digest, name: string): ImageVerdict {
  const self = { references: [name], digest, layerCount: manifest.layers.length, origin: 'catalogue' } as const;
  return classifyImage({ manifest, config, provenance: [], bases: [self] });
}

/** Finds the variant in a tag. For the images of a distribution itself, nothing else states it. */
const VARIANT_IN_TAG = /[:-](slim|alpine|jre|jdk|distroless|minimal)(?=[\d.-]|$)/;

function traitsOf({ runtime, variant, distro }: ImageVerdict, name: string): Partial<BaseContent> {
  return {
    runtime: runtime?.value.name,
    runtimeVersion: runtime?.value.version || undefined,
    variant: variant?.value ?? VARIANT_IN_TAG.exec(name)?.[1],
    distro: distro?.value.id,
    distroVersion: distro?.value.version || undefined,
  };
}
