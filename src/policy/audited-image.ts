import type { ImageVerdict, NewerBuild } from '../classify/verdict.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { ImageManifest } from '../oci/manifest.ts';

/**
 * What reading one layer showed (`--deep`). Sizes are bytes of files, uncompressed. An absent field was not looked at;
 * zero and an empty list mean that nothing was there.
 */
export interface MeasuredLayer {
  /** All regular files of the layer. */
  readonly fileBytes: number;
  /** Bytes by area, under the names of deep/areas.ts: `apt-lists`, `npm-cache`, `documentation`, … */
  readonly areaBytes?: Readonly<Record<string, number>>;
  /** Files of this layer that a later layer removes. */
  readonly deletedBytes?: number;
  /** Files of this layer that a later layer writes again. */
  readonly rewrittenBytes?: number;
  /** Files whose content stands elsewhere in the image too; the first copy does not count. */
  readonly duplicateBytes?: number;
  /** Packages that only development needs: test runners, linters, header files. */
  readonly developmentPackages?: readonly { readonly name: string; readonly bytes: number }[];
  /** Compilers and build tools: paths with their sizes. */
  readonly toolchain?: readonly { readonly name: string; readonly bytes: number }[];
  readonly setuidFiles?: readonly string[];
  /** Paths that hold secrets by convention: `.env`, private keys, credentials of tools. */
  readonly sensitiveFiles?: readonly string[];
}

/** What is known of an image's base beyond its verdict: it takes a calendar, the catalogue, or the base's registry. */
export interface BaseFacts {
  /** Distro or runtime release whose support has ended. */
  readonly ended?: { readonly name: string; readonly endOfLife: string };
  /** The base's tag names a newer build than the one this image stands on. */
  readonly newerBuild?: NewerBuild;
  /** The smallest known base of the same runtime, with its pull size in bytes. */
  readonly slimmer?: { readonly reference: string; readonly compressedBytes: number };
}

/** One image with all that is known of it: what rules and advice look at. */
export interface AuditedImage {
  readonly manifest: ImageManifest;
  readonly config: ImageConfig;
  readonly verdict: ImageVerdict;
  /** One a layer of the manifest, base first; undefined for a layer that was not read. */
  readonly contents?: readonly (MeasuredLayer | undefined)[];
  readonly baseFacts?: BaseFacts;
}
