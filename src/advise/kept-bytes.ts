import type { LayerClass } from '../classify/verdict.ts';
import type { ByteRange } from '../policy/finding.ts';
import type { LayerView } from '../policy/image-view.ts';
import type { Subject } from './subject.ts';
import { type TechniqueId, techniqueOf } from './technique.ts';

/**
 * At least so much of a layer is what the program itself needs. Our own figure: half of the smallest share seen, the 2 %
 * that is left of what yarn installed for a service with two packages (test/builds).
 */
export const SMALLEST_SHARE = 0.01;

/** What a multi-stage build keeps of a layer that was made in the last stage, from and to, by what made it. */
const KEPT_BY_STAGES: Readonly<Record<LayerClass, readonly [number, number]>> = {
  base: [1, 1],
  // Libraries that the program loads stay; compilers and headers go.
  'os-packages': [0.05, 1],
  'build-tools': [0, 0],
  dependencies: [SMALLEST_SHARE, 1],
  application: [SMALLEST_SHARE, 1],
  configuration: [1, 1],
  none: [SMALLEST_SHARE, 1],
};

/**
 * What some techniques together leave of a layer. A byte is taken off once: the upper end by the technique that surely
 * takes most, the lower end by all together, and never below what the program itself needs.
 */
export function keptBytes(layer: LayerView, ids: readonly TechniqueId[], subject: Subject): ByteRange {
  const [least, most] = ids.includes('multi-stage') ? KEPT_BY_STAGES[layer.class] : [1, 1];
  const removable = ids.flatMap((id) => removableBytes(layer, id, subject));
  const surely = Math.max(0, ...removable.map(({ min }) => min));
  const perhaps = removable.reduce((sum, { max }) => sum + max, 0);
  const floor = Math.min(least, SMALLEST_SHARE) * layer.bytes;
  const max = Math.min(layer.bytes * most, layer.bytes - surely);
  const min = Math.max(floor, Math.min(layer.bytes * least, layer.bytes - perhaps));
  return { min: Math.round(Math.min(min, max)), max: Math.round(max) };
}

/** What findings that a technique mends say of the layer, one range a rule. */
function removableBytes(layer: LayerView, id: TechniqueId, subject: Subject): ByteRange[] {
  const technique = techniqueOf(id);
  if (technique.kind !== 'findings') return [];
  return technique.rules.flatMap((rule) => subject.removable.get(rule)?.get(layer.position) ?? []);
}
