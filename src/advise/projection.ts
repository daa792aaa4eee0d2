import { totalBytes } from '../common/sum.ts';
import { type ByteRange, exactly } from '../measure/byte-range.ts';
import { applies } from './applies.ts';
import { baseAfter, compilesC, isFat, leavesBase } from './base-after.ts';
import { librariesOfFullBase } from './full-base-libraries.ts';
import { goalBytes } from './goal.ts';
import { keptBytes } from './kept-bytes.ts';
import { SMALLEST_SHARE } from './layer-shares.ts';
import type { Subject } from './subject.ts';
import {
  guideReduction,
  isBaseTechnique,
  type Language,
  type TechniqueId,
  techniqueOf,
  warningsOf,
} from './technique.ts';

/** How large an image would be after some techniques. */
export interface Projection {
  readonly techniques: readonly TechniqueId[];
  /** Pull size in bytes. */
  readonly after: ByteRange;
  /** Bytes less than the present pull size. */
  readonly savings: ByteRange;
  /**
   * `measured`: from the real sizes of the bases and of the image's layers. `estimate`: from the slimming guide's
   * ranges, or with a base's size or boundary that is uncertain.
   */
  readonly basis: 'measured' | 'estimate';
  /** The base that the last stage would start from, if the techniques replace it by a known one. */
  readonly base?: string;
  /** What may break, for the image's runtime. */
  readonly warnings: readonly string[];
}

/**
 * Projects the size of an image after all the given techniques together.
 * @returns undefined if they do not apply: there is no such base, or they would not make the image smaller
 */
export function projectTechniques(subject: Subject, ids: readonly TechniqueId[]): Projection | undefined {
  const techniques = ids.map(techniqueOf);
  if (!techniques.every((technique) => applies(technique, ids, subject))) return undefined;
  const swap = baseAfter(subject, ids);
  const after = swap ? measuredAfter(subject, ids, swap.bytes) : estimatedAfter(subject, ids);
  if (!after || after.min >= subject.currentBytes) return projectWithoutGain(subject, ids);
  return {
    techniques: ids,
    after,
    savings: { min: subject.currentBytes - after.max, max: subject.currentBytes - after.min },
    basis: swap && !swap.unsure ? 'measured' : 'estimate',
    ...(swap?.reference ? { base: swap.reference } : {}),
    warnings: techniques.flatMap((technique) => warningsOf(technique, languageOf(subject))),
  };
}

function languageOf({ runtime, view }: Subject): Language {
  return runtime === 'none' && compilesC(view) ? 'c' : runtime;
}

/** Layer order removes no bytes, but is still listed if a rule asks for it: it speeds up builds and shares layers. */
function projectWithoutGain(subject: Subject, ids: readonly TechniqueId[]): Projection | undefined {
  if (ids.length !== 1 || ids[0] !== 'layer-order') return undefined;
  return {
    techniques: ids,
    after: exactly(subject.currentBytes),
    savings: exactly(0),
    basis: 'measured',
    warnings: [],
  };
}

function measuredAfter(subject: Subject, ids: readonly TechniqueId[], base: ByteRange): ByteRange {
  const { removable, currentBytes, view } = subject;
  const kept = keptBytes(removable, ids);
  // Alpine's packages are smaller themselves.
  const isOnDebian = !ids.includes('alpine-base') && (ids.some(isBaseTechnique) || leavesBase(subject, ids));
  const most = base.max + kept.max + (isOnDebian ? librariesOfFullBase(view) : 0);
  return { min: Math.min(currentBytes, base.min + kept.min), max: Math.min(currentBytes, most) };
}

/**
 * Estimates the size by the slimming guide's ranges, for images whose base boundary is unknown. Never below what the
 * program itself is assumed to need.
 */
function estimatedAfter(subject: Subject, ids: readonly TechniqueId[]): ByteRange | undefined {
  const { view, currentBytes } = subject;
  if (view.baseBytes !== undefined || !isFat(subject)) return undefined;
  const reduction = guideReduction(ids);
  if (!reduction) return undefined;
  const floor = Math.round(totalBytes(view.own) * SMALLEST_SHARE);
  const max = Math.max(floor, Math.round(currentBytes * (1 - reduction[0])));
  // Rounded like goals: a byte more would miss a goal that is the guide's own figure, such as 90 %, for every other size.
  return { min: Math.max(floor, goalBytes({ kind: 'reduction', ratio: reduction[1] }, currentBytes)), max };
}
