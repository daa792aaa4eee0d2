import type { BuildStep } from '../classify/history/build-steps.ts';
import { readStack } from '../classify/history/stack.ts';
import { rememberOf } from '../common/remember.ts';
import type { ImageView } from './image-view.ts';

/**
 * Returns the build steps above the image that FROM named, including those without a layer: every step after the base's
 * last layer, except the settings with which a well-known base ends. Computed on first use, since few images need it.
 */
export const ownSteps: (view: ImageView) => readonly BuildStep[] = rememberOf(({ steps, layers, own }) => {
  const below = layers.length - own.length;
  const firstAbove = steps.findLastIndex(({ layer }) => layer !== undefined && layer < below) + 1;
  const { ownStart, itself } = readStack(steps);
  // A view without own layers may be that of a published image, whose last settings are its publisher's.
  return steps.slice(Math.max(firstAbove, (own.length === 0 ? itself?.end : undefined) ?? ownStart));
});
