import { groupBy } from '../../common/group-by.ts';
import type { MeasuredLayer } from '../../policy/audited-image.ts';
import type { LayerContents } from '../contents.ts';
import { isDevelopmentPackage } from '../development.ts';
import { type StackReport, stackLayers } from './stack-layers.ts';

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
  const packages = byLayer(stack.packages.filter(isDevelopmentPackage));
  const setuid = byLayer(stack.setuid);
  const sensitive = byLayer(stack.sensitive);
  return {
    stack,
    layers: stack.layers.map((use, layer) => ({
      fileBytes: use.fileBytes,
      areaBytes: use.areas,
      deletedBytes: use.wasted.deleted,
      rewrittenBytes: use.wasted.rewritten,
      duplicateBytes: use.duplicateBytes,
      developmentPackages: (packages.get(layer) ?? []).map(({ name, bytes = 0 }) => ({ name, bytes })),
      toolchain: use.tools,
      setuidFiles: (setuid.get(layer) ?? []).map(({ path }) => path),
      sensitiveFiles: (sensitive.get(layer) ?? []).map(({ path }) => path),
    })),
  };
}

function byLayer<Row extends { readonly layer: number }>(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  return groupBy(rows, ({ layer }) => layer);
}
