import type { MeasuredLayer } from '../policy/audited-image.ts';
import type { LayerContents } from './contents.ts';
import { isDevelopmentPackage } from './development.ts';
import { type LayerUse, type StackReport, stackLayers } from './stack.ts';

/** An image whose layers were all read: the whole, and what the rules of policy/ look at, one a layer. */
export interface DeepSummary {
  readonly stack: StackReport;
  readonly layers: readonly MeasuredLayer[];
}

/**
 * Sums up an image for its findings. A layer's bytes are those that the final file system shows, and beside them what
 * later layers hide of it, so that no byte is told twice.
 * @param layers base first, all of the image
 * @param baseLayers how many of them are the base image's
 */
export function summarizeLayers(layers: readonly LayerContents[], baseLayers: number): DeepSummary {
  const stack = stackLayers(layers, baseLayers);
  return { stack, layers: stack.layers.map((use, layer) => measuredLayer(stack, use, layer)) };
}

function measuredLayer(stack: StackReport, use: LayerUse, layer: number): MeasuredLayer {
  const here = (row: { readonly layer: number }): boolean => row.layer === layer;
  return {
    fileBytes: use.fileBytes,
    areaBytes: Object.fromEntries(Object.entries(use.areas).map(([area, { bytes }]) => [area, bytes])),
    deletedBytes: use.wasted.deleted,
    rewrittenBytes: use.wasted.rewritten,
    duplicateBytes: use.duplicateBytes,
    developmentPackages: stack.packages
      .filter(here)
      .filter(isDevelopmentPackage)
      .map(({ name, bytes = 0 }) => ({ name, bytes })),
    toolchain: use.tools,
    setuidFiles: stack.setuid.filter(here).map(({ path }) => path),
    sensitiveFiles: stack.sensitive.filter(here).map(({ path }) => path),
  };
}
