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

/** What a program needs to run; `c` for one without a runtime that is compiled from C or C++. */
export type Language = Runtime | 'c';

/** A way of making an image smaller, as a row of config/techniques.json. */
export interface Technique {
  readonly id: TechniqueId;
  readonly title: string;
  /** `stages` splits the build into stages, `base` replaces the base image, `findings` fixes what rules found. */
  readonly kind: 'stages' | 'base' | 'findings';
  /** What to change in the Dockerfile, in a sentence or two. */
  readonly how: string;
  /** What to change instead for programs of some runtimes. */
  readonly howFor?: Readonly<Partial<Record<Runtime, string>>>;
  /** The ids of the rules whose findings it fixes. */
  readonly rules: readonly string[];
  /** For base techniques: the base image variants that the technique moves to; empty for all others. */
  readonly variants: readonly Variant[];
  /** The least and greatest share of an image's size (0 to 1) that it removes; used only if real sizes are unknown. */
  readonly reduction?: readonly [number, number];
  /** How much may break, from 0. Of two techniques that reach the goal, the one with the lower risk is advised. */
  readonly risk: number;
  /** What may break; a warning without `runtimes` applies to every runtime. */
  readonly warnings: readonly { readonly runtimes?: readonly Language[]; readonly text: string }[];
}

type TechniqueRow = Omit<Technique, 'variants'> & { readonly variants?: readonly Variant[] };

/** All techniques, from config/techniques.json. */
export const TECHNIQUES: readonly Technique[] = (data.techniques as unknown as readonly TechniqueRow[]).map((row) => ({
  ...row,
  variants: row.variants ?? [],
}));

const BY_ID: ReadonlyMap<TechniqueId, Technique> = new Map(TECHNIQUES.map((technique) => [technique.id, technique]));

/**
 * Returns the technique with an id.
 * @throws Error when config/techniques.json has no such technique
 */
export function techniqueOf(id: TechniqueId): Technique {
  const found = BY_ID.get(id);
  if (!found) throw new Error(`config/techniques.json has no technique "${id}"`);
  return found;
}

/** Whether a technique replaces the base. */
export function isBaseTechnique(id: TechniqueId): id is BaseTechniqueId {
  return techniqueOf(id).kind === 'base';
}

/** The techniques that replace the base; at most one of them can be applied. */
export const BASE_TECHNIQUES: readonly BaseTechniqueId[] = TECHNIQUES.map(({ id }) => id).filter(isBaseTechnique);

/** Returns a technique's title, or the id itself if the technique is unknown or no longer exists. */
export function techniqueTitle(id: string): string {
  return BY_ID.get(id as TechniqueId)?.title ?? id;
}

/** The slimming guide's reduction for a multi-stage build combined with a small base. */
const COMBINED_REDUCTION: readonly [number, number] = [0.7, 0.9];

/**
 * Returns the least and greatest share of an image's size (0 to 1) that the slimming guide says the techniques remove
 * together; undefined if the guide has no figure for any of them.
 * @see config/techniques.json, "sources"
 */
export function guideReduction(ids: readonly TechniqueId[]): readonly [number, number] | undefined {
  const reductions = ids.map(techniqueOf).flatMap(({ reduction }) => (reduction ? [reduction] : []));
  return reductions.length > 1 ? COMBINED_REDUCTION : reductions[0];
}

/** Returns what to change in the Dockerfile of a program of a runtime. */
export function howTo({ how, howFor }: Technique, runtime: Runtime): string {
  return howFor?.[runtime] ?? how;
}

/** Returns the texts of the technique's warnings that apply to programs in a language. */
export function warningsOf(technique: Technique, language: Language): readonly string[] {
  return technique.warnings
    .filter(({ runtimes }) => runtimes === undefined || runtimes.includes(language))
    .map(({ text }) => text);
}
