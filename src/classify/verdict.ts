import type { Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { ImageManifest } from '../oci/manifest.ts';
import type { Platform } from '../oci/platform.ts';

/** What the classifier is given: all of it stored, so that a newer classifier judges again without a request. */
export interface ClassifierInput {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly platform: Platform;
  /** Annotations of the index that lists this image. */
  readonly indexAnnotations?: Readonly<Record<string, string>>;
  /** Build provenance: the in-toto statements of its attestations, parsed JSON as found. */
  readonly provenance: readonly unknown[];
  /** Known images whose layers are the first layers of this one, from the catalogue and from the registries. */
  readonly bases: readonly KnownBase[];
}

/** An image whose layer chain is a prefix of the image at hand. */
export interface KnownBase {
  /** All names of it, such as `library/node:20-slim`, sorted. */
  readonly references: readonly string[];
  /** Of its manifest for this platform. */
  readonly digest: Digest;
  /** Of the index that lists it, where known. */
  readonly indexDigest?: Digest;
  /** How many layers it has: the first so many of the image are its. */
  readonly layerCount: number;
  readonly origin: 'catalogue' | 'registry';
  /** Its own labels: the same label with the same value on the image was inherited. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Of its names, those that name a later build with other layers by now. */
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

export type Confidence = 'proven' | 'declared' | 'inferred';
export type UnknownReason = 'scratch' | 'squashed' | 'not-in-catalogue' | 'no-history' | 'not-an-image';

export type BaseVerdict =
  | {
      readonly confidence: Confidence;
      /** Equal names for the same layers, sorted; never a guess among several. `scratch` is a name too. */
      readonly references: readonly string[];
      readonly digest?: Digest;
      /** `layer-chain:library/node:20-slim`, `provenance+layer-chain:…`, `history:alpine-minirootfs-3.20.3` */
      readonly evidence: string;
      /** How many of the image's layers are the base's; undefined when the boundary is not known. */
      readonly layerCount?: number;
    }
  | { readonly confidence: 'unknown'; readonly reason: UnknownReason; readonly layerCount?: number };

/** A conclusion with what it rests on. */
export interface Judged<T> {
  readonly value: T;
  readonly confidence: Confidence;
  readonly evidence: string;
}

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
  /** Web servers: what serves an application that is files only. */
  | 'nginx'
  | 'httpd'
  | 'caddy'
  | 'none';
export type Variant = 'full' | 'slim' | 'alpine' | 'distroless' | 'scratch' | 'jre' | 'jdk' | 'minimal';
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
  | 'dotnet'
  | 'other';

/** What made a layer, by its history line and its place. */
export type LayerClass =
  | 'base'
  | 'os-packages'
  | 'dependencies'
  | 'build-tools'
  | 'application'
  | 'configuration'
  | 'none';

export interface LayerVerdict {
  readonly class: LayerClass;
  /** The instruction, as a Dockerfile would have it: `RUN apt-get update …`, secrets replaced; empty when unknown. */
  readonly instruction: string;
}

/** One signal's contribution, kept to show the proof. */
export interface Signal {
  readonly name: string;
  readonly says: string;
}

export interface ImageVerdict {
  readonly base: BaseVerdict;
  readonly distro?: Judged<{ readonly id: string; readonly version?: string }> | undefined;
  readonly runtime?: Judged<{ readonly name: Runtime; readonly version?: string }> | undefined;
  readonly framework?: Judged<string> | undefined;
  readonly variant?: Judged<Variant> | undefined;
  /** How many layers bring the runtime, or the distribution where there is none, and nothing else; undefined if unknown. */
  readonly runtimeLayers?: number | undefined;
  readonly buildTool?: Judged<BuildTool> | undefined;
  readonly multiStage: { readonly value: 'yes' | 'no' | 'unknown'; readonly evidence: string };
  /** Runs as uid 0; undefined when the user is a name that may be anything. */
  readonly runsAsRoot?: boolean | undefined;
  /** Labels that are the image's own, not its base's. */
  readonly ownLabels: Readonly<Record<string, string>>;
  /** One a layer of the manifest, base first. */
  readonly layers: readonly LayerVerdict[];
  readonly signals: readonly Signal[];
}
