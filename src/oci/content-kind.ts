import type { ImageConfig } from './image-config.ts';
import { type ArtifactManifest, hasImageConfig, type ImageManifest, type Manifest } from './manifest.ts';
import { isFileSystemLayer, MEDIA_TYPE } from './media-type.ts';

/** What a manifest holds. Only images are ranked by size. */
export type ContentKind = 'image' | 'index' | 'artifact' | 'attestation' | 'signature' | 'unknown';

/**
 * The tags of what belongs to a digest: those of cosign, and those of registries without a referrers API.
 * @see distribution-spec, spec.md, "Referrers Tag Schema"
 */
const REFERRER_TAG = /^sha(?:256|512)-[0-9a-f]{64}/;

/** Whether a tag is named after a digest, as tags of signatures, attestations and other referrers are. */
export function isReferrerTag(tag: string): boolean {
  return REFERRER_TAG.test(tag);
}

/**
 * Distinguishes images from signatures, attestations and artifacts stored in the same manifest format: first by the
 * media types of the manifest and its blobs, then by its form. Tags do not count: any tag may name any manifest.
 * @param config the image config, if it was read: it may show that there is nothing to run
 */
export function contentKind(manifest: Manifest, config?: ImageConfig): ContentKind {
  if (manifest.form === 'index') return 'index';
  if (manifest.form === 'schema1') return 'unknown';
  return kindOfTypes(manifest) ?? kindOfForm(manifest, config);
}

/**
 * Whether the config has to be read. Media types alone identify signatures and attestations, whose configs are empty.
 */
export function needsConfig(manifest: ImageManifest): boolean {
  return hasImageConfig(manifest) && kindOfTypes(manifest) === undefined;
}

function kindOfTypes(manifest: ImageManifest | ArtifactManifest): ContentKind | undefined {
  const blobs = manifest.form === 'artifact' ? manifest.blobs : [manifest.config, ...manifest.layers];
  const types = [manifest.artifactType, ...blobs.map(({ mediaType }) => mediaType)];
  if (types.includes(MEDIA_TYPE.cosignSimpleSigning) || types.includes(MEDIA_TYPE.notarySignature)) return 'signature';
  if (types.includes(MEDIA_TYPE.inToto) || types.includes(MEDIA_TYPE.dsseEnvelope)) return 'attestation';
  if (types.some((type) => type?.startsWith('application/vnd.dev.sigstore.bundle'))) return kindOfBundle(manifest);
  return undefined;
}

/**
 * A Sigstore bundle may hold a signature or an attestation; annotations say which. Cosign's signatures have been
 * statements in an envelope, like attestations, since version 3.
 * @see sigstore/cosign, specs/BUNDLE_SPEC.md, and CosignSignPredicateType
 */
function kindOfBundle({ annotations }: ImageManifest | ArtifactManifest): ContentKind {
  const isStatement = annotations['dev.sigstore.bundle.content'] === 'dsse-envelope';
  const isSigning = annotations['dev.sigstore.bundle.predicateType'] === 'https://sigstore.dev/cosign/sign/v1';
  return isStatement && !isSigning ? 'attestation' : 'signature';
}

function kindOfForm(manifest: ImageManifest | ArtifactManifest, config: ImageConfig | undefined): ContentKind {
  if (manifest.form === 'artifact' || !hasImageConfig(manifest)) return 'artifact';
  if (manifest.layers.some((layer) => !isFileSystemLayer(layer.mediaType))) return 'artifact';
  if (manifest.annotations['com.github.package.type'] === BOTTLE) return 'artifact';
  return config && isNothingToRun(config) ? 'artifact' : 'image';
}

/**
 * Homebrew packages, even those for macOS, use an image's media types throughout.
 * @see Homebrew/brew, github_packages.rb
 */
const BOTTLE = 'homebrew_bottle';
/**
 * Labels of packages in an image's format: of buildpacks, whose configs name a platform since 2024, and of Flatpaks.
 * @see buildpacks/spec, distribution.md, "Buildpackage"; flatpak/flatpak, app/flatpak-builtins-build-bundle.c
 */
const PACKAGES = ['io.buildpacks.buildpackage.metadata', 'org.flatpak.ref'];

/**
 * Whether a config describes no runnable image: it names no platform (like most artifacts in image format), it is a
 * package, or it is a WebAssembly component without a file system.
 * @see tag-runtime.cncf.io, "Wasm OCI Artifact layout"
 */
function isNothingToRun({ os, architecture, labels, diffIds }: ImageConfig): boolean {
  const platformless = (os === '' || os === 'unknown') && (architecture === '' || architecture === 'unknown');
  const component = architecture === 'wasm' && diffIds.length === 0;
  return platformless || component || PACKAGES.some((label) => Object.hasOwn(labels, label));
}
