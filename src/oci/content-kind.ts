import type { ImageConfig } from './image-config.ts';
import { type ArtifactManifest, hasImageConfig, type ImageManifest, type Manifest } from './manifest.ts';
import { isFileSystemLayer, MEDIA_TYPE } from './media-type.ts';

/** What a manifest is; only an `image` has sizes that rank. */
export type ContentKind = 'image' | 'index' | 'artifact' | 'attestation' | 'signature' | 'unknown';

/** cosign's tags for what belongs to a digest. @see sigstore/cosign, specs/SIGNATURE_SPEC.md, "Tag-based Discovery" */
const COSIGN_TAG = /^sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{128})\.(sig|att|sbom)$/;

/**
 * Tells images from what lies beside them in the same form: judged by the manifest's own types, its layers' types and,
 * last, the tag's shape, for signatures may even carry an image's config type.
 * @param tag the tag it was found under, if any
 * @param config the image config, where it was read: it may say that there is nothing to run
 */
export function contentKind(manifest: Manifest, tag?: string, config?: ImageConfig): ContentKind {
  if (manifest.form === 'index') return 'index';
  if (manifest.form === 'schema1') return 'unknown';
  return kindOfTypes(manifest) ?? kindOfTag(tag) ?? kindOfForm(manifest, config);
}

/** Whether the config has to be read: of signatures and attestations the types say all, and their configs hold nothing. */
export function needsConfig(manifest: ImageManifest): boolean {
  return hasImageConfig(manifest) && kindOfTypes(manifest) === undefined;
}

function kindOfTypes(manifest: ImageManifest | ArtifactManifest): ContentKind | undefined {
  const blobs = manifest.form === 'artifact' ? manifest.blobs : [manifest.config, ...manifest.layers];
  const types = [manifest.artifactType, ...blobs.map(({ mediaType }) => mediaType)];
  if (types.includes(MEDIA_TYPE.cosignSimpleSigning) || types.includes(MEDIA_TYPE.notarySignature)) return 'signature';
  if (types.includes(MEDIA_TYPE.inToto) || types.includes(MEDIA_TYPE.dsseEnvelope)) return 'attestation';
  // A Sigstore bundle holds either; an annotation of the manifest says which.
  if (types.some((type) => type?.startsWith('application/vnd.dev.sigstore.bundle'))) {
    return manifest.annotations['dev.sigstore.bundle.content'] === 'dsse-envelope' ? 'attestation' : 'signature';
  }
  return undefined;
}

function kindOfTag(tag: string | undefined): ContentKind | undefined {
  const [, suffix] = COSIGN_TAG.exec(tag ?? '') ?? [];
  if (suffix === undefined) return undefined;
  return suffix === 'sig' ? 'signature' : suffix === 'att' ? 'attestation' : 'artifact';
}

function kindOfForm(manifest: ImageManifest | ArtifactManifest, config: ImageConfig | undefined): ContentKind {
  if (manifest.form === 'artifact' || !hasImageConfig(manifest)) return 'artifact';
  if (manifest.layers.some((layer) => !isFileSystemLayer(layer.mediaType))) return 'artifact';
  if (manifest.annotations['com.github.package.type'] === BOTTLE) return 'artifact';
  return config && isNothingToRun(config) ? 'artifact' : 'image';
}

/** Homebrew's packages are images by all their types, even those for macOS. @see Homebrew/brew, github_packages.rb */
const BOTTLE = 'homebrew_bottle';
/** Packages of buildpacks, since 2024 with the platform that they are for. @see buildpacks/spec, distribution.md, "Buildpackage" */
const BUILDPACKAGE = 'io.buildpacks.buildpackage.metadata';

/**
 * A config that states no platform, as those of most artifacts in an image's form, or says that it is a package; or of a
 * WebAssembly component, which has no file system. @see tag-runtime.cncf.io, "Wasm OCI Artifact layout"
 */
function isNothingToRun({ os, architecture, labels, diffIds }: ImageConfig): boolean {
  const platformless = (os === '' || os === 'unknown') && (architecture === '' || architecture === 'unknown');
  const component = architecture === 'wasm' && diffIds.length === 0;
  return platformless || component || Object.hasOwn(labels, BUILDPACKAGE);
}
