import { sum } from '../common/sum.ts';
import type { MeasuredLayer } from './audited-image.ts';
import type { LayerView } from './image-view.ts';

/** Some files of a layer, by their uncompressed bytes. */
export interface Files {
  readonly bytes: number;
  /** The bytes of those that are compressed already; undefined if it is unknown which they are. */
  readonly packed?: number;
}

/** Areas of config/files.json with files that are compressed already: lists of apt (lz4, gzip), packages, jars, packs of Git. */
const PACKED_AREAS = ['apt-lists', 'apt-archives', 'maven-cache', 'version-control'];
/** What compression leaves of such files: 0.84 of Debian 12's lists of apt (lz4), all of a pack of Git. */
const PACKED_RATIO = 0.9;
/** What compression leaves of other files at least: 0.2 of JavaScript, 0.4 of programs. */
const SMALLEST_RATIO = 0.2;

/** Returns the files of a layer in some areas. */
export function filesIn({ areaBytes }: MeasuredLayer, areas: readonly string[]): Required<Files> {
  const bytesOf = (names: readonly string[]) => sum(names.map((name) => areaBytes[name] ?? 0));
  return { bytes: bytesOf(areas), packed: bytesOf(areas.filter((name) => PACKED_AREAS.includes(name))) };
}

/**
 * Returns the compressed bytes that some files of a layer account for: their share of all the layer's files, applied to
 * the layer's compressed size. Those that are known to be compressed already count by their own size. Others compress
 * differently, too, so this is accurate for large shares and approximate for small ones.
 * @returns 0 if the layer was not read
 */
export function compressedShare(layer: LayerView, { bytes, packed }: Files): number {
  const all = layer.contents?.fileBytes ?? 0;
  if (!layer.contents || all === 0) return 0;
  const share = (part: number, whole: number) => (whole === 0 ? 0 : Math.min(1, part / whole));
  if (packed === undefined) return Math.round(layer.bytes * share(bytes, all));
  const allPacked = filesIn(layer.contents, PACKED_AREAS).packed;
  const others = all - allPacked;
  const atMost = Math.min(allPacked * PACKED_RATIO, layer.bytes - others * SMALLEST_RATIO);
  const ofPacked = Math.max((layer.bytes * allPacked) / all, atMost);
  const ofOthers = layer.bytes - ofPacked;
  return Math.round(share(packed, allPacked) * ofPacked + share(bytes - packed, others) * ofOthers);
}
