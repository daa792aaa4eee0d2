import type { Variant } from '../classify/verdict.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import type { Finding } from '../policy/finding.ts';
import { Knowledge } from './alternatives.ts';
import { subjectOf } from './subject.ts';
import { TECHNIQUES, type Technique, type TechniqueId } from './technique.ts';

/** An image with its findings: one of two builds that are compared. */
export interface Build {
  readonly image: AuditedImage;
  readonly findings: readonly Finding[];
}

/** A technique that was applied between two builds of a repository. */
export interface RecognisedTechnique {
  readonly technique: TechniqueId;
  /** What says so, in a few words. */
  readonly evidence: string;
  /** The part of the change that its kind accounts for: bytes, positive when the image got smaller. */
  readonly savedBytes: number;
}

/** Which techniques lie between two builds. The bytes of the base and of the image's own layers are told apart. */
export function recogniseTechniques(before: Build, after: Build): readonly RecognisedTechnique[] {
  const saved = savedBytes(before, after);
  return TECHNIQUES.flatMap((technique) => {
    const evidence = recognise(technique, before, after);
    return evidence === undefined ? [] : [{ technique: technique.id, evidence, savedBytes: saved[technique.kind] }];
  });
}

function recognise(technique: Technique, before: Build, after: Build): string | undefined {
  if (technique.kind === 'base') return recogniseBase(technique, before, after);
  if (technique.kind === 'stages') return recogniseStages(before, after);
  const mended = technique.rules.filter((rule) => trips(before, rule) && !trips(after, rule));
  return mended.length === 0 ? undefined : `no longer found: ${mended.join(', ')}`;
}

function recogniseBase(technique: Technique, before: Build, after: Build): string | undefined {
  const [from, to] = [variantOf(before), variantOf(after)];
  if (to === undefined || from === to || !technique.variants.includes(to)) return undefined;
  return `${baseName(before)} → ${baseName(after)}`;
}

function recogniseStages(before: Build, after: Build): string | undefined {
  const [from, to] = [before.image.verdict.multiStage, after.image.verdict.multiStage];
  if (to.value === 'yes' && from.value !== 'yes') return to.evidence;
  return trips(before, 'build-tools') && !trips(after, 'build-tools') ? 'no longer found: build-tools' : undefined;
}

function trips({ findings }: Build, rule: string): boolean {
  return findings.some((finding) => finding.rule === rule);
}

function variantOf({ image }: Build): Variant | undefined {
  const { base, variant } = image.verdict;
  if (base.layerCount === 0) return 'scratch';
  return variant?.value;
}

function baseName({ image }: Build): string {
  const { base } = image.verdict;
  return base.confidence === 'unknown' ? base.reason : base.references.join('; ') || base.evidence;
}

/** What the base and the image's own layers each became smaller by. */
function savedBytes(before: Build, after: Build): Readonly<Record<Technique['kind'], number>> {
  const [from, to] = [before, after].map(({ image }) => subjectOf(image, [], new Knowledge([])));
  const ofBase = (from?.baseBytes ?? 0) - (to?.baseBytes ?? 0);
  const all = (from?.currentBytes ?? 0) - (to?.currentBytes ?? 0);
  return { base: ofBase, stages: all - ofBase, findings: all - ofBase };
}
