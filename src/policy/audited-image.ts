import type { ImageVerdict, NewerBuild } from '../classify/verdict.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { ImageManifest } from '../oci/manifest.ts';

/** What reading the contents of one layer (`--deep`) found. Sizes are uncompressed bytes of files. */
export interface MeasuredLayer {
  /** All regular files of the layer. */
  readonly fileBytes: number;
  /** Bytes by area, under the names of config/files.json: `apt-lists`, `npm-cache`, `documentation`, … */
  readonly areaBytes: Readonly<Record<string, number>>;
  /** Bytes of this layer's files that a later layer removes. */
  readonly deletedBytes: number;
  /** Bytes of this layer's files that a later layer writes again. */
  readonly rewrittenBytes: number;
  /** Bytes of files whose content is also elsewhere in the image; the first copy does not count. */
  readonly duplicateBytes: number;
  /** Packages that only development needs, such as test runners, linters and headers, with their sizes. */
  readonly developmentPackages: readonly NamedBytes[];
  /** Compilers and build tools: paths with their sizes. */
  readonly toolchain: readonly NamedBytes[];
  /** Paths of programs with the setuid or setgid bit. */
  readonly setuidFiles: readonly string[];
  /** Paths that hold secrets by convention: `.env`, private keys, credentials of tools. */
  readonly sensitiveFiles: readonly string[];
}

/** A package or path, with its size. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: number;
}

/** A release that gets no more fixes. */
export interface EndedRelease {
  /** `debian 10` */
  readonly name: string;
  /** The last day with fixes: `2024-06-30`. */
  readonly endOfLife: string;
}

/** Facts about an image's base that depend on the date, the catalogue or the base's registry as well. */
export interface BaseFacts {
  /** The releases of its distribution and runtime whose support has ended. */
  readonly ended?: readonly EndedRelease[];
  /** The newer build that the base's tag refers to by now. */
  readonly newerBuild?: NewerBuild;
  /** The smallest known base of the same runtime, with its pull size in bytes. */
  readonly slimmer?: { readonly reference: string; readonly compressedBytes: number };
}

/** One image with everything known about it: the input of rules and advice. */
export interface AuditedImage {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly verdict: ImageVerdict;
  /** One entry per layer of the manifest, base first; undefined for a layer that was not read. */
  readonly contents?: readonly (MeasuredLayer | undefined)[];
  readonly baseFacts?: BaseFacts;
}
