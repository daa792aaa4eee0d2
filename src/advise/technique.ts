import data from '../../config/techniques.json' with { type: 'json' };
import type { Runtime, Variant } from '../classify/verdict.ts';

export type BaseTechniqueId = 'slim-base' | 'distroless-base' | 'alpine-base' | 'scratch-base';
export type TechniqueId =
  | 'multi-stage'
  | BaseTechniqueId
  | 'minimal-packages'
  | 'clean-up'
  | 'dockerignore'
  | 'layer-order';

/** A way of slimming. `stages` splits the build, `base` swaps the base, `findings` mends what rules found. */
export interface Technique {
  readonly id: TechniqueId;
  readonly title: string;
  readonly kind: 'stages' | 'base' | 'findings';
  readonly how: string;
  /** The rules whose findings it mends. */
  readonly rules: readonly string[];
  /** Of base techniques: the variants that count as one. */
  readonly variants: readonly Variant[];
  /** The share of an image's size that it takes off, from and to; where real sizes are not known. */
  readonly reduction?: readonly [number, number];
  /** From 0, what may break: of two that reach the goal, the safer one is advised. */
  readonly risk: number;
  readonly warnings: readonly { readonly runtimes?: readonly Runtime[]; readonly text: string }[];
}

type TechniqueRow = Omit<Technique, 'variants'> & { readonly variants?: readonly Variant[] };

/** All techniques, from config/techniques.json. */
export const TECHNIQUES: readonly Technique[] = (data.techniques as unknown as readonly TechniqueRow[]).map((row) => ({
  ...row,
  variants: row.variants ?? [],
}));

const BY_ID: ReadonlyMap<TechniqueId, Technique> = new Map(TECHNIQUES.map((technique) => [technique.id, technique]));

/** @throws Error when config/techniques.json has no such technique */
export function techniqueOf(id: TechniqueId): Technique {
  const found = BY_ID.get(id);
  if (!found) throw new Error(`config/techniques.json lacks ${id}`);
  return found;
}

/** What a technique is called; one that is not known (any more) goes by its id. */
export function techniqueTitle(id: string): string {
  return BY_ID.get(id as TechniqueId)?.title ?? id;
}

/** The reduction that the guide gives for a multi-stage build on a small base, together. */
const BOTH: readonly [number, number] = [0.7, 0.9];

/** The share of an image's size that the guide says some techniques take off together; undefined where it says nothing. */
export function guideReduction(ids: readonly TechniqueId[]): readonly [number, number] | undefined {
  const reductions = ids.map(techniqueOf).flatMap(({ reduction }) => (reduction ? [reduction] : []));
  return reductions.length > 1 ? BOTH : reductions[0];
}

/** What to mind when a program of some runtime is slimmed this way. */
export function warningsOf(technique: Technique, runtime: Runtime): readonly string[] {
  return technique.warnings
    .filter(({ runtimes }) => runtimes === undefined || runtimes.includes(runtime))
    .map(({ text }) => text);
}
