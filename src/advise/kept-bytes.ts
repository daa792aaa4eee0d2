import type { Runtime } from '../classify/verdict.ts';
import { sum } from '../common/sum.ts';
import { type ByteRange, sumOfRanges } from '../measure/byte-range.ts';
import type { Finding } from '../policy/finding.ts';
import type { LayerView } from '../policy/image-view.ts';
import {
  keptShares,
  keptSharesOfPages,
  keptSharesOnAlpine,
  keptSharesOnRuntime,
  keptSharesWithRuntime,
  type Shares,
  type Stages,
} from './layer-shares.ts';
import { bringsRuntime } from './own-packages.ts';
import { isBaseTechnique, TECHNIQUES, type TechniqueId } from './technique.ts';

/**
 * A layer with the shares kept on the image's base, on another and on Alpine, and the bytes that each technique removes, by
 * rule.
 */
interface RemovableLayer {
  readonly layer: LayerView;
  readonly onBase: Shares;
  readonly onAnother: Shares;
  readonly onAlpine: Shares;
  readonly removable: ReadonlyMap<TechniqueId, readonly ByteRange[]>;
}

/** An image's own layers, prepared once for the many sets of techniques that advice tries. */
export interface Removable {
  /** The few layers with findings, or of which another base keeps less. */
  readonly special: readonly RemovableLayer[];
  /** The bytes kept of all other layers together, for a single-stage and for a multi-stage build. */
  readonly others: Readonly<Record<Stages, ByteRange>>;
}

/** What is known of the image that own layers belong to. */
interface LayersOf {
  readonly runtime: Runtime;
  /** Whether Node.js only builds pages. */
  readonly arePages: boolean;
  /** Whether the base does not bring the runtime, so that one of these layers may. */
  readonly baseLacksIt: boolean;
  /** Whether the image is on Alpine already. */
  readonly isAlpine: boolean;
}

/**
 * Returns what each technique removes from an image's own layers according to the findings.
 * @param own the layers above the base
 */
export function removableOf(own: readonly LayerView[], findings: readonly Finding[], of: LayersOf): Removable {
  const byLayer = new Map<number, Map<TechniqueId, ByteRange[]>>();
  for (const { id, kind, rules } of TECHNIQUES) {
    if (kind !== 'findings') continue;
    for (const finding of findings) if (rules.includes(finding.rule)) addRemovable(byLayer, id, finding);
  }
  const special: RemovableLayer[] = [];
  const others: RemovableLayer[] = [];
  const withRuntime = of.baseLacksIt ? own.find((layer) => bringsRuntime(layer, of.runtime)) : undefined;
  for (const layer of own) {
    const kept = keptOnBases(layer, layer === withRuntime, of);
    const removable = byLayer.get(layer.position) ?? NO_FINDINGS;
    const isSpecial = removable.size > 0 || kept.onAnother !== kept.onBase || kept.onAlpine !== kept.onAnother;
    (isSpecial ? special : others).push({ layer, ...kept, removable });
  }
  const keptOfOthers = (stages: Stages) =>
    sumOfRanges(others.map(({ layer, onBase }) => keptOfLayer(layer, onBase, stages, NOTHING)));
  return { special, others: { inOneStage: keptOfOthers('inOneStage'), inStages: keptOfOthers('inStages') } };
}

/** The shares of a layer that are kept on each base. @param bringsIt whether it brings the runtime that the base lacks */
function keptOnBases(layer: LayerView, bringsIt: boolean, { runtime, arePages, isAlpine }: LayersOf) {
  const shares = arePages ? keptSharesOfPages(layer, runtime) : keptShares(layer, runtime);
  const onBase = bringsIt ? keptSharesWithRuntime(layer, runtime) : shares;
  const onAnother = keptSharesOnRuntime(layer, runtime) ?? shares;
  const onAlpine = (isAlpine ? undefined : keptSharesOnAlpine(layer, runtime)) ?? onAnother;
  return { onBase, onAnother, onAlpine };
}

const NO_FINDINGS: RemovableLayer['removable'] = new Map();

function addRemovable(
  byLayer: Map<number, Map<TechniqueId, ByteRange[]>>,
  id: TechniqueId,
  { evidence }: Finding,
): void {
  const ranges = new Map<number, ByteRange>();
  for (const { layer, bytes } of evidence) if (layer !== undefined && bytes) ranges.set(layer, bytes);
  for (const [layer, range] of ranges) {
    const byTechnique = byLayer.get(layer) ?? new Map<TechniqueId, ByteRange[]>();
    byLayer.set(layer, byTechnique.set(id, [...(byTechnique.get(id) ?? []), range]));
  }
}

/** Returns the compressed bytes that remain of the layers above the base once all the techniques are applied. */
export function keptBytes({ special, others }: Removable, ids: readonly TechniqueId[]): ByteRange {
  const stages = stagesOf(ids);
  const base = baseOf(ids);
  const kept = special.map((found) => keptOfLayer(found.layer, found[base], stages, takenOff(found.removable, ids)));
  return sumOfRanges([others[stages], ...kept]);
}

function baseOf(ids: readonly TechniqueId[]): 'onBase' | 'onAnother' | 'onAlpine' {
  if (ids.includes('alpine-base')) return 'onAlpine';
  return ids.some(isBaseTechnique) ? 'onAnother' : 'onBase';
}

/** Returns the most compressed bytes of the layers above the base that the techniques replace by a base with the runtime. */
export function replacedAbove({ special }: Removable, ids: readonly TechniqueId[]): number {
  const stages = stagesOf(ids);
  const bytes = special.map(({ layer, onBase, onAnother }) => layer.bytes * (onBase[stages][1] - onAnother[stages][1]));
  return Math.round(sum(bytes));
}

function stagesOf(ids: readonly TechniqueId[]): Stages {
  return ids.includes('multi-stage') ? 'inStages' : 'inOneStage';
}

/**
 * Bytes that techniques remove from a layer. Several findings may be about the same bytes, so what is surely removed is
 * the greatest lower end; what is perhaps removed is the sum of the upper ends.
 */
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

/** Returns the bytes kept of a layer, never fewer than the program itself is assumed to need. */
function keptOfLayer(layer: LayerView, shares: Shares, stages: Stages, { surely, perhaps }: TakenOff): ByteRange {
  const [least, most] = shares[stages];
  const floor = Math.min(least, shares.floor) * layer.bytes;
  const max = Math.min(layer.bytes * most, layer.bytes - surely);
  const min = Math.max(floor, Math.min(layer.bytes * least, layer.bytes - perhaps));
  return { min: Math.round(Math.min(min, max)), max: Math.round(max) };
}
