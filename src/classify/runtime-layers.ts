import { normaliseReference } from './base-image/references.ts';
import { type Context, layersBefore } from './context.ts';
import { officialOf, type StackedImage } from './history/stack.ts';
import { runtimeOfReference } from './knowledge/official-images.ts';
import type { Runtime, RuntimeVerdict } from './verdict.ts';

/**
 * The number of layers that hold only the runtime: those up to the uppermost well-known image made for it, or without a
 * runtime, those of the distribution. Layers above hold a program, or packages for one, even if they are a base's.
 */
export function findRuntimeLayers(context: Context, runtime: RuntimeVerdict | undefined): number | undefined {
  const { rootfs, itself } = context.stack;
  const images = itself ? [...context.stack.images, itself] : context.stack.images;
  const isDistribution = ({ kind }: StackedImage, index: number) =>
    (rootfs !== undefined && index === 0) || kind === 'buildpack-deps';
  const hasRuntime = (image: StackedImage) => runtimeOf(image) === runtime?.value.name;
  const uppermost =
    runtime && runtime.value.name !== 'none' ? images.findLast(hasRuntime) : images.findLast(isDistribution);
  return uppermost && layersBefore(context, uppermost.end);
}

function runtimeOf(image: StackedImage): Runtime | undefined {
  if (image.kind === 'named') return runtimeOfReference(normaliseReference(image.reference));
  return officialOf(image)?.runtime;
}
