import { groupBy } from '../../common/group-by.ts';
import type { MeasuredLayer } from '../../policy/audited-image.ts';
import { isDevelopmentPackage } from '../development.ts';
import type { StackReport } from './stack-layers.ts';

/**
 * What the rules of policy/ look at in each layer of a stack. A layer's sizes are of what the final file system shows, and
 * separately of what later layers hide of it, so that no byte is reported twice.
 */
export function measuredLayers(stack: StackReport): readonly MeasuredLayer[] {
  const packages = byLayer(stack.packages.filter(isDevelopmentPackage));
  const setuid = byLayer(stack.setuid);
  const sensitive = byLayer(stack.sensitive);
  return stack.layers.map((use, layer) => ({
    fileBytes: use.fileBytes,
    areaBytes: use.areas,
    deletedBytes: use.wasted.deleted,
    rewrittenBytes: use.wasted.rewritten,
    duplicateBytes: use.duplicateBytes,
    developmentPackages: (packages.get(layer) ?? []).map(({ name, bytes = 0 }) => ({ name, bytes })),
    toolchain: use.tools,
    setuidFiles: (setuid.get(layer) ?? []).map(({ path }) => path),
    sensitiveFiles: (sensitive.get(layer) ?? []).map(({ path }) => path),
  }));
}

function byLayer<Row extends { readonly layer: number }>(rows: readonly Row[]): ReadonlyMap<number, readonly Row[]> {
  return groupBy(rows, ({ layer }) => layer);
}
