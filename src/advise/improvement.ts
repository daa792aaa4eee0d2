import type { ByteRange } from '../measure/byte-range.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import type { Knowledge } from './alternatives.ts';
import { projectTechniques } from './projection.ts';
import { type Build, recogniseTechniques, savedByPart } from './recognise.ts';
import { subjectOf } from './subject.ts';
import { guideReduction, type TechniqueId, techniqueOf } from './technique.ts';

/** What techniques achieved between two builds, next to what had been projected. Sizes are pull sizes in bytes. */
export interface Improvement {
  /** Every technique applied between the two builds. */
  readonly techniques: readonly TechniqueId[];
  /** The techniques to which the change in size is attributed. */
  readonly countedAs: readonly TechniqueId[];
  /** `technique: evidence` for each technique, joined by `; `. */
  readonly evidence: string;
  readonly previousBytes: number;
  readonly compressedBytes: number;
  /** How many bytes smaller the base alone became; undefined if the end of either base is unknown. */
  readonly baseSavedBytes?: number;
  /** The least and greatest share (0 to 1) that the slimming guide says the techniques remove. */
  readonly guide?: readonly [number, number];
  /** The savings that advice projects for the earlier build; undefined if the techniques do not apply to it. */
  readonly estimated?: ByteRange;
}

/** Returns what the techniques applied between two builds achieved; undefined if none was applied. */
export function findImprovement(before: Build, after: Build, knowledge: Knowledge): Improvement | undefined {
  const recognised = recogniseTechniques(before, after);
  if (recognised.length === 0) return undefined;
  const techniques = recognised.map(({ technique }) => technique);
  const countedAs = countedTechniques(techniques);
  const estimated = projectTechniques(subjectOf(before.image, before.findings, knowledge), countedAs)?.savings;
  const saved = savedByPart(before, after);
  const guide = guideReduction(countedAs);
  return {
    techniques,
    countedAs,
    evidence: recognised.map(({ technique, evidence }) => `${technique}: ${evidence}`).join('; '),
    previousBytes: pullBytes(before.image.manifest),
    compressedBytes: pullBytes(after.image.manifest),
    ...(saved ? { baseSavedBytes: saved.base } : {}),
    ...(guide ? { guide } : {}),
    ...(estimated ? { estimated: { min: Math.round(estimated.min), max: Math.round(estimated.max) } } : {}),
  };
}

/**
 * Returns the techniques to which a change in size is attributed. A new stage or base makes most findings disappear, so
 * techniques that fix findings count only where neither was applied.
 */
function countedTechniques(techniques: readonly TechniqueId[]): readonly TechniqueId[] {
  const structural = techniques.filter((id) => techniqueOf(id).kind !== 'findings');
  return structural.length > 0 ? structural : techniques;
}
