import { sum } from '../common/sum.ts';
import type { ImageManifest } from '../oci/manifest.ts';

/**
 * The pull size of one image: what a cold pull of its platform transfers.
 * @returns compressed bytes, the sum of the sizes in the layer descriptors; a manifest has no uncompressed sizes
 */
export function pullBytes({ layers }: Pick<ImageManifest, 'layers'>): number {
  return sum(layers.map(({ size }) => size));
}
