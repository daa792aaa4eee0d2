import type { MeasuredLayer } from '../policy/audited-image.ts';
import type { LayerContents } from './contents.ts';
import { isDevelopmentPackage } from './development.ts';
import { type LayerUse, type StackReport, stackLayers } from './stack.ts';

/** An image whose layers were all read: the whole stack, and for each layer what the rules of policy/ look at. */
export interface DeepSummary {
  readonly stack: StackReport;
  readonly layers: readonly MeasuredLayer[];
}

/**
 * Summarises an image for the rules. A layer's sizes are of what the final file system shows, and separately of what
 * later layers hide of it, so that no byte is reported twice.
 * @param layers all layers of the image, base first
 * @param baseLayers the number of layers that belong to the base image
 */
export function summarizeLayers(layers: readonly LayerContents[], baseLayers: number): DeepSummary {
  const stack = stackLayers(layers, baseLayers);
  return { stack, layers: stack.layers.map((use, layer) => measuredLayer(stack, use, layer)) };
}

function measuredLayer(stack: StackReport, use: LayerUse, layer: number): MeasuredLayer {
  const isInLayer = (row: { readonly layer: number }): boolean => row.layer === layer;
  return {
    fileBytes: use.fileBytes,
    areaBytes: use.areas,
    deletedBytes: use.wasted.deleted,
    rewrittenBytes: use.wasted.rewritten,
    duplicateBytes: use.duplicateBytes,
    developmentPackages: stack.packages
      .filter(isInLayer)
      .filter(isDevelopmentPackage)
      .map(({ name, bytes = 0 }) => ({ name, bytes })),
    toolchain: use.tools,
    setuidFiles: stack.setuid.filter(isInLayer).map(({ path }) => path),
    sensitiveFiles: stack.sensitive.filter(isInLayer).map(({ path }) => path),
  };
}
