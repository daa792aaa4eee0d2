import type { Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { ImageManifest } from '../oci/manifest.ts';
import type { DistroName } from './knowledge/distros.ts';

/** The classifier's input. All of it is stored, so a newer classifier can assess again without a registry request. */
export interface ClassifierInput {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  /** Annotations of the index that lists this image. */
  readonly indexAnnotations?: Readonly<Record<string, string>>;
  /** Build provenance: the in-toto statements of the image's attestations, as parsed but unchecked JSON. */
  readonly provenance: readonly unknown[];
  /** Known images, from the catalogue and the registries, whose layers are the first layers of this one. */
  readonly bases: readonly KnownBase[];
}

/** A known image whose layer chain is a prefix of the classified image's. */
export interface KnownBase {
  /** All its names, such as `library/node:20-slim`, sorted. */
  readonly references: readonly string[];
  /** The digest of its manifest for this platform. */
  readonly digest: Digest;
  /** The digest of the index that lists it, if known. */
  readonly indexDigest?: Digest;
  /** The number of its layers, which are the first layers of the classified image. */
  readonly layerCount: number;
  readonly origin: 'catalogue' | 'registry';
  /** Its own labels. The classified image inherited those that it has with the same value. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Those of its names that by now refer to a later build with other layers. */
  readonly newerBuilds?: readonly NewerBuild[];
}

/** A later build under the same name. */
export interface NewerBuild {
  readonly reference: string;
  /** ISO 8601. */
  readonly createdAt: string;
  /** Whole days between the two builds. */
  readonly ageDays: number;
}

/** `proven` by layer digests, `declared` by the builder, or `inferred` from names and history. */
export type Confidence = 'proven' | 'declared' | 'inferred';
/** Why the base image is unknown. */
export type UnknownReason = 'squashed' | 'not-in-catalogue' | 'no-history';

/** The base image, or why it is unknown. */
export type BaseVerdict =
  | {
      readonly confidence: Confidence;
      /** All names of the same layers, sorted; never alternatives to choose from. May be `scratch`. */
      readonly references: readonly string[];
      readonly digest?: Digest;
      /** `layer-chain:library/node:20-slim`, `provenance+layer-chain:…`, `history:alpine-minirootfs-3.20.3` */
      readonly evidence: string;
      /** The number of the image's layers that belong to the base; undefined if the boundary is unknown. */
      readonly layerCount?: number;
    }
  | { readonly confidence: 'unknown'; readonly reason: UnknownReason; readonly layerCount?: number };

/** The names of a base; none if it is unknown. */
export function baseNamesOf(base: BaseVerdict): readonly string[] {
  return base.confidence === 'unknown' ? [] : base.references;
}

/** Whether an image is built on nothing. */
export function isScratch(base: BaseVerdict): boolean {
  return baseNamesOf(base).includes('scratch');
}

/** A conclusion with its confidence and evidence, such as `env:NODE_VERSION`. */
export interface Conclusion<T> {
  readonly value: T;
  readonly confidence: Confidence;
  readonly evidence: string;
}

/** A conclusion from names, history or settings, which prove nothing. */
export function inferred<T>(value: T, evidence: string): Conclusion<T> {
  return { value, confidence: 'inferred', evidence };
}

/** The language runtime or server that an image runs; `none` if it needs none. */
export type Runtime =
  | 'node'
  | 'python'
  | 'go'
  | 'java'
  | 'ruby'
  | 'php'
  | 'rust'
  | 'dotnet'
  | 'erlang'
  | 'elixir'
  | 'perl'
  | 'deno'
  | 'bun'
  /** Web servers, which serve applications that consist of files only. */
  | 'nginx'
  | 'httpd'
  | 'caddy'
  | 'none';

/** Whether programs of a runtime, once built, run without it. */
export function isCompiled(runtime: Runtime): boolean {
  return runtime === 'go' || runtime === 'rust';
}

/** Whether the packages of a runtime are those of Node.js, installed by a package.json. */
export function hasNodePackages(runtime: Runtime): boolean {
  return runtime === 'node' || runtime === 'bun';
}

/** A distribution with its version, where known, as os-release names them. */
export type DistroVerdict = Conclusion<DistroName>;
/** A runtime with its version, where known. */
export type RuntimeVerdict = Conclusion<{ readonly name: Runtime; readonly version?: string }>;
/** Makes a runtime verdict. Manifest and config never prove a runtime, so its confidence is always `inferred`. */
export function inferredRuntime(name: Runtime, version: string | undefined, evidence: string): RuntimeVerdict {
  return inferred(version === undefined ? { name } : { name, version }, evidence);
}

/** Which edition of its base or distribution an image is. */
export type Variant = 'full' | 'slim' | 'alpine' | 'distroless' | 'scratch' | 'jre' | 'jdk' | 'minimal';
/** The tool that built an image. */
export type BuildTool =
  | 'docker'
  | 'buildkit'
  | 'buildah'
  | 'kaniko'
  | 'ko'
  | 'jib'
  | 'buildpacks'
  | 'nix'
  | 'bazel'
  | 'apko'
  | 'dotnet';

/** What a layer contains, told by its history line and by whether it belongs to the base. */
export type LayerClass =
  | 'base'
  | 'os-packages'
  | 'dependencies'
  | 'build-tools'
  | 'application'
  | 'configuration'
  | 'none';

/** The verdict on one layer. */
export interface LayerVerdict {
  readonly class: LayerClass;
  /** The instruction as in a Dockerfile, `RUN apt-get update …`, with secrets replaced; empty if unknown. */
  readonly instruction: string;
}

/** What one signal found, stored as evidence. */
export interface Signal {
  readonly name: string;
  readonly says: string;
}

/** The evidence of a verdict as a signal; none without a verdict. */
export function signalOf(name: string, verdict: { readonly evidence: string } | undefined): readonly Signal[] {
  return verdict ? [{ name, says: verdict.evidence }] : [];
}

/** Everything that the classifier determines about an image. */
export interface ImageVerdict {
  readonly base: BaseVerdict;
  readonly distro?: DistroVerdict | undefined;
  readonly runtime?: RuntimeVerdict | undefined;
  readonly framework?: Conclusion<string> | undefined;
  readonly variant?: Conclusion<Variant> | undefined;
  /** The number of layers with only the runtime, or without a runtime only the distribution; undefined if unknown. */
  readonly runtimeLayers?: number | undefined;
  /** Whether it is a well-known image itself, as published, with nothing added. */
  readonly isPublished?: boolean;
  readonly buildTool?: Conclusion<BuildTool> | undefined;
  readonly multiStage: { readonly value: 'yes' | 'no' | 'unknown'; readonly evidence: string };
  /** Whether it runs as uid 0; undefined if the user is a name that may map to any uid. */
  readonly runsAsRoot?: boolean | undefined;
  /** The labels that the image did not inherit from its base. */
  readonly ownLabels: Readonly<Record<string, string>>;
  /** One per layer of the manifest, base first. */
  readonly layers: readonly LayerVerdict[];
  readonly signals: readonly Signal[];
}

/** The runtime of an image; `none` if none was recognised. */
export function runtimeOf({ runtime }: Pick<ImageVerdict, 'runtime'>): RuntimeVerdict['value'] {
  return runtime?.value ?? { name: 'none' };
}
