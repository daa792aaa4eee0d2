import type { BuildStep } from '../classify/history/build-steps.ts';
import { readStack } from '../classify/history/stack.ts';
import { rememberOf } from '../common/remember.ts';
import type { ImageView } from '../policy/image-view.ts';

/**
 * The steps above the image that FROM named, settings included: those after its last layer, less the settings with which
 * a well-known image ends. Read when first asked for: few images get that far.
 */
export const ownSteps: (view: ImageView) => readonly BuildStep[] = rememberOf(({ steps, layers, own }) => {
  const below = layers.length - own.length;
  const firstAbove = steps.findLastIndex(({ layer }) => layer !== undefined && layer < below) + 1;
  return steps.slice(Math.max(firstAbove, readStack(steps).ownStart));
});
