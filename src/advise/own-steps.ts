import type { BuildStep } from '../classify/history/build-steps.ts';
import { readStack } from '../classify/history/stack.ts';
import type { ImageView } from '../policy/image-view.ts';

const STEPS = new WeakMap<ImageView, readonly BuildStep[]>();

/**
 * The steps above the image that FROM named, settings included: those after its last layer, less the settings with which
 * a well-known image ends. Read when first asked for: few images get that far.
 */
export function ownSteps(view: ImageView): readonly BuildStep[] {
  const known = STEPS.get(view);
  if (known) return known;
  const { steps } = view;
  const below = view.layers.length - view.own.length;
  const firstAbove = steps.findLastIndex(({ layer }) => layer !== undefined && layer < below) + 1;
  const own = steps.slice(Math.max(firstAbove, readStack(steps).ownStart));
  STEPS.set(view, own);
  return own;
}
