import type { LayerClass, Runtime } from '../classify/verdict.ts';
import type { ByteRange, Finding } from '../policy/finding.ts';
import type { LayerView } from '../policy/image-view.ts';
import { TECHNIQUES, type TechniqueId } from './technique.ts';

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
 * Packages of these run from where they were installed, and nothing bundles them: a second stage leaves caches behind,
 * and what only development needs, which is a finding. Our own figure, for gems that compile leave most behind.
 */
const UNBUNDLED: readonly Runtime[] = ['python', 'ruby', 'php'];
const SMALLEST_UNBUNDLED = 0.2;

const WHOLE = [1, 1] as const;

/** An image's own layers, prepared once for the many sets of techniques that are tried: few layers have findings. */
export interface Removable {
  readonly runtime: Runtime;
  /** Layers that findings speak of, with what each technique that mends them takes off: one range a rule. */
  readonly marked: readonly (readonly [LayerView, ReadonlyMap<TechniqueId, readonly ByteRange[]>])[];
  /** What is kept of all others, by whether the build is in several stages. */
  readonly rest: { readonly inOneStage: ByteRange; readonly inStages: ByteRange };
}

/** What each technique takes off an image's own layers, as its findings say, and what is left of the others. */
export function removableOf(own: readonly LayerView[], findings: readonly Finding[], runtime: Runtime): Removable {
  const byLayer = new Map<number, Map<TechniqueId, ByteRange[]>>();
  for (const { id, kind, rules } of TECHNIQUES) {
    if (kind !== 'findings') continue;
    for (const finding of findings) if (rules.includes(finding.rule)) mark(byLayer, id, finding);
  }
  const marked = own.flatMap((layer) => {
    const removable = byLayer.get(layer.position);
    return removable ? [[layer, removable] as const] : [];
  });
  const others = own.filter(({ position }) => !byLayer.has(position));
  const restWith = (inStages: boolean) =>
    sumOf(others.map((layer) => keptOfLayer(layer, inStages ? shareOf(layer, runtime) : WHOLE, NOTHING)));
  return { runtime, marked, rest: { inOneStage: restWith(false), inStages: restWith(true) } };
}

function mark(byLayer: Map<number, Map<TechniqueId, ByteRange[]>>, id: TechniqueId, { evidence }: Finding): void {
  const ranges = new Map<number, ByteRange>();
  for (const { layer, bytes } of evidence) if (layer !== undefined && bytes) ranges.set(layer, bytes);
  for (const [layer, range] of ranges) {
    const ofLayer = byLayer.get(layer) ?? new Map<TechniqueId, ByteRange[]>();
    byLayer.set(layer, ofLayer.set(id, [...(ofLayer.get(id) ?? []), range]));
  }
}

/** What some techniques together leave of the layers above the base. */
export function keptBytes({ runtime, marked, rest }: Removable, ids: readonly TechniqueId[]): ByteRange {
  const inStages = ids.includes('multi-stage');
  const kept = marked.map(([layer, removable]) =>
    keptOfLayer(layer, inStages ? shareOf(layer, runtime) : WHOLE, takenOff(removable, ids)),
  );
  return sumOf([inStages ? rest.inStages : rest.inOneStage, ...kept]);
}

/** Bytes that some techniques take off a layer: a byte is taken off once, by the one that surely takes most, or by all. */
interface TakenOff {
  readonly surely: number;
  readonly perhaps: number;
}

const NOTHING: TakenOff = { surely: 0, perhaps: 0 };

function takenOff(removable: ReadonlyMap<TechniqueId, readonly ByteRange[]>, ids: readonly TechniqueId[]): TakenOff {
  let [surely, perhaps] = [0, 0];
  for (const id of ids) {
    for (const { min, max } of removable.get(id) ?? []) {
      surely = Math.max(surely, min);
      perhaps += max;
    }
  }
  return { surely, perhaps };
}

type Share = readonly [least: number, most: number];

/** What a multi-stage build keeps of a layer. */
function shareOf({ class: made }: LayerView, runtime: Runtime): Share {
  const [least, most] = KEPT_BY_STAGES[made];
  return made === 'dependencies' && UNBUNDLED.includes(runtime) ? [SMALLEST_UNBUNDLED, most] : [least, most];
}

/** Never below what the program itself needs. */
function keptOfLayer(layer: LayerView, [least, most]: Share, { surely, perhaps }: TakenOff): ByteRange {
  const floor = Math.min(least, SMALLEST_SHARE) * layer.bytes;
  const max = Math.min(layer.bytes * most, layer.bytes - surely);
  const min = Math.max(floor, Math.min(layer.bytes * least, layer.bytes - perhaps));
  return { min: Math.round(Math.min(min, max)), max: Math.round(max) };
}

function sumOf(ranges: readonly ByteRange[]): ByteRange {
  let [min, max] = [0, 0];
  for (const range of ranges) {
    min += range.min;
    max += range.max;
  }
  return { min, max };
}
