import { normaliseReference } from './base-image/naming.ts';
import { type Context, layersBefore } from './context.ts';
import type { StackedImage } from './history/stack.ts';
import { runtimeOfReference } from './knowledge/official-images.ts';
import type { RuntimeVerdict } from './runtime-verdict.ts';

/**
 * How many layers bring the runtime and nothing else: those of the uppermost well-known image that is made for it; without
 * a runtime, those of the distribution. What lies above them is a program, or packages for one, even if a base brings it.
 */
export function findRuntimeLayers(context: Context, runtime: RuntimeVerdict | undefined): number | undefined {
  const { images, rootfs } = context.stack;
  const isDistribution = ({ kind }: StackedImage, at: number) =>
    (rootfs !== undefined && at === 0) || kind === 'buildpack-deps';
  const brings = (image: StackedImage) => runtimeOf(image) === runtime?.value.name;
  const uppermost =
    runtime && runtime.value.name !== 'none' ? images.findLast(brings) : images.findLast(isDistribution);
  return uppermost && layersBefore(context, uppermost.end);
}

function runtimeOf({ official, reference }: StackedImage) {
  if (official) return official.runtime;
  return reference === undefined ? undefined : runtimeOfReference(normaliseReference(reference));
}
