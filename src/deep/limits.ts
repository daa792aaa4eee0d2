/**
 * Limits at which reading a layer stops, whatever its descriptor and headers claim. A layer over a limit is an error of
 * that layer (code `too-large`), never of the audit.
 */
export interface LayerLimits {
  /** Bytes of the uncompressed tar. */
  readonly tarBytes: number;
  /**
   * Uncompressed by compressed bytes. Applies from `ratioFromBytes` uncompressed bytes on: small layers of zeros are
   * common.
   */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  readonly entries: number;
  /** Bytes of one path or link target. */
  readonly pathBytes: number;
  /** Bytes of all paths and link targets together, which stay in memory until the layer is stored. */
  readonly allPathsBytes: number;
  /** Bytes of one extended header (pax, GNU long name). */
  readonly headerBytes: number;
  /** Bytes of the window that a zstd frame may request. */
  readonly windowBytes: number;
  /** Time from the first byte to the last; a protection against senders that trickle. */
  readonly durationMs: number;
}

const MIB = 1_048_576;

/**
 * Every limit admits any layer that a container runtime could unpack: Linux refuses paths over 4,096 bytes (limits.h,
 * PATH_MAX), Go's archive/tar extended headers over 1 MiB (format.go, maxSpecialFileSize), the zstd command line
 * windows over 128 MiB (zstd.h, ZSTD_WINDOWLOG_LIMIT_DEFAULT). DEFLATE itself cannot exceed a ratio of 1,032. The paths
 * of 50,000 files have some 4 MB together, those of the 1,300,000 pictures of ImageNet less than 100 MB.
 */
export const DEFAULT_LAYER_LIMITS: LayerLimits = {
  tarBytes: 64 * 1024 * MIB,
  ratio: 250,
  ratioFromBytes: 1024 * MIB,
  entries: 2_000_000,
  pathBytes: 4_096,
  allPathsBytes: 128 * MIB,
  headerBytes: MIB,
  windowBytes: 128 * MIB,
  durationMs: 60 * 60_000,
};
