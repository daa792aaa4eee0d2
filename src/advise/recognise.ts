import { isCompiled, runtimeOf, type Variant } from '../classify/verdict.ts';
import { pullBytes } from '../measure/pull-bytes.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { Finding } from '../policy/finding.ts';
import { viewImage } from '../policy/image-view.ts';
import { TECHNIQUES, type Technique, type TechniqueId, techniqueOf } from './technique.ts';

/** One of two builds that are compared: an image with its findings. */
export interface Build {
  readonly image: AuditedImage;
  readonly findings: readonly Finding[];
}

/** A technique that was applied between two builds of a repository. */
export interface RecognisedTechnique {
  readonly technique: TechniqueId;
  /** The observation behind it, in a few words. */
  readonly evidence: string;
  /** The layers that it changes. How much smaller they became is in {@link savedByPart}. */
  readonly part: 'base' | 'own';
}

/** Returns the techniques that were applied between two builds, in the order of {@link TECHNIQUES}. */
export function recogniseTechniques(before: Build, after: Build): readonly RecognisedTechnique[] {
  return TECHNIQUES.flatMap((technique) => {
    const evidence = recognise(technique, before, after);
    const part = technique.kind === 'base' ? 'base' : 'own';
    return evidence === undefined ? [] : [{ technique: technique.id, evidence, part }];
  });
}

/** Returns the techniques that the later build undid: those that lie between the two builds in reverse order. */
export function undoneTechniques(before: Build, after: Build): readonly RecognisedTechnique[] {
  return recogniseTechniques(after, before).map(({ technique, evidence, part }) => {
    if (part === 'base') return { technique, evidence: `${nameOfBase(before)} → ${nameOfBase(after)}`, part };
    const { kind } = techniqueOf(technique);
    return {
      technique,
      evidence: kind === 'stages' ? `before: ${evidence}` : evidence.replace(MENDED, 'found: '),
      part,
    };
  });
}

function recognise(technique: Technique, before: Build, after: Build): string | undefined {
  if (technique.kind === 'base') return recogniseBase(technique, before, after);
  if (technique.kind === 'stages') return recogniseStages(before, after);
  const mended = technique.rules.filter((rule) => trips(before, rule) && !trips(after, rule));
  return mended.length === 0 ? undefined : `${MENDED}${mended.join(', ')}`;
}

const MENDED = 'no longer found: ';

/**
 * Recognises a base technique. A move to a larger base does not count, whatever the variants' names; if the size of
 * either base is unknown, the sizes of the whole images are compared instead.
 */
function recogniseBase(technique: Technique, before: Build, after: Build): string | undefined {
  const [from, to] = [variantOf(before), variantOf(after)];
  if (to === undefined || from === to || !technique.variants.includes(to)) return undefined;
  if ((savedByPart(before, after)?.base ?? savedBytes(before, after)) < 0) return undefined;
  return `${nameOfBase(before)} → ${nameOfBase(after)}`;
}

function recogniseStages(before: Build, after: Build): string | undefined {
  const [from, to] = [before.image.verdict.multiStage, after.image.verdict.multiStage];
  if (to.value === 'yes' && from.value !== 'yes') return to.evidence;
  return usesBuildTools(before) && !trips(after, 'build-tools') ? `${MENDED}build-tools` : undefined;
}

/**
 * Whether an image's own steps use build tools. Tools that are in the base, with no step of the image using
 * them, disappear by changing the base alone.
 */
function usesBuildTools({ image, findings }: Build): boolean {
  const finding = findings.find(({ rule }) => rule === 'build-tools');
  if (!finding) return false;
  const { layers, own } = viewImage(image);
  const firstOwn = layers.length - own.length;
  return (
    isCompiled(runtimeOf(image.verdict).name) ||
    finding.evidence.some(({ layer }) => layer !== undefined && layer >= firstOwn)
  );
}

function trips({ findings }: Build, rule: string): boolean {
  return findings.some((finding) => finding.rule === rule);
}

function variantOf({ image }: Build): Variant | undefined {
  const { base, variant } = image.verdict;
  if (base.layerCount === 0) return 'scratch';
  return variant?.value;
}

function nameOfBase({ image }: Build): string {
  const { base } = image.verdict;
  return base.confidence === 'unknown' ? base.reason : base.references.join('; ') || base.evidence;
}

/**
 * Returns by how many bytes the base and the image's own layers each became smaller; negative means larger. They add up
 * to the change in pull size. Undefined if the boundary of either base is unknown.
 */
export function savedByPart(before: Build, after: Build): Readonly<Record<'base' | 'own', number>> | undefined {
  const [from, to] = [viewImage(before.image).baseBytes, viewImage(after.image).baseBytes];
  if (from === undefined || to === undefined) return undefined;
  const base = from - to;
  return { base, own: savedBytes(before, after) - base };
}

function savedBytes(before: Build, after: Build): number {
  return pullBytes(before.image.manifest) - pullBytes(after.image.manifest);
}
