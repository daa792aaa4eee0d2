import type { ByteRange } from '../policy/finding.ts';
import type { Knowledge } from './alternatives.ts';
import { projectTechniques } from './projection.ts';
import { type Build, recogniseTechniques } from './recognise.ts';
import { subjectOf } from './subject.ts';
import { guideReduction, type TechniqueId, techniqueOf } from './technique.ts';

/** What techniques made of a build, beside what was said of them before. Sizes are pull sizes in bytes. */
export interface Improvement {
  /** All that lie between the two builds. */
  readonly techniques: readonly TechniqueId[];
  /** Those that the change of size counts for. */
  readonly countedAs: readonly TechniqueId[];
  readonly evidence: string;
  readonly previousBytes: number;
  readonly compressedBytes: number;
  /** What the base alone became smaller by; undefined where it is not known where one of the bases ends. */
  readonly baseSavedBytes?: number;
  /** The share that the guide says they take off. */
  readonly guide?: readonly [number, number];
  /** The savings that advice projects for the build before; undefined where it would not have advised them. */
  readonly estimated?: ByteRange;
}

/** What came of the techniques between two builds; undefined where none was applied. */
export function findImprovement(before: Build, after: Build, knowledge: Knowledge): Improvement | undefined {
  const recognised = recogniseTechniques(before, after);
  if (recognised.length === 0) return undefined;
  const techniques = recognised.map(({ technique }) => technique);
  const countedAs = countedTechniques(techniques);
  const [from, to] = [subjectOf(before.image, before.findings, knowledge), subjectOf(after.image, [], knowledge)];
  const estimated = projectTechniques(from, countedAs)?.savings;
  const guide = guideReduction(countedAs);
  return {
    techniques,
    countedAs,
    evidence: recognised.map(({ technique, evidence }) => `${technique}: ${evidence}`).join('; '),
    previousBytes: from.currentBytes,
    compressedBytes: to.currentBytes,
    ...(from.baseBytes !== undefined && to.baseBytes !== undefined
      ? { baseSavedBytes: from.baseBytes - to.baseBytes }
      : {}),
    ...(guide ? { guide } : {}),
    ...(estimated ? { estimated: { min: Math.round(estimated.min), max: Math.round(estimated.max) } } : {}),
  };
}

/**
 * A second stage and another base change what findings are about, and most go away with them: beside those, what mends
 * findings is not counted.
 */
function countedTechniques(techniques: readonly TechniqueId[]): readonly TechniqueId[] {
  const structural = techniques.filter((id) => techniqueOf(id).kind !== 'findings');
  return structural.length > 0 ? structural : techniques;
}
