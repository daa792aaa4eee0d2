import type { Confidence } from '../../classify/verdict.ts';
import { baseName } from '../paths.ts';
import type { Rule } from '../rule.ts';

/**
 * Evidence of the reference that FROM named, by confidence. Layers match every tag of the same image, annotations of an
 * index lose their tag because it may be stale, and buildpacks choose the run image themselves.
 */
const NAMES_FROM: Readonly<Partial<Record<Confidence, RegExp>>> = {
  proven: /^provenance/,
  declared: /^(?:annotation|label|provenance):/,
};

export const unpinnedBase: Rule = {
  id: 'unpinned-base',
  severity: 'info',
  title: 'The base is named by a tag that moves with every release',
  find: ({ image }) => {
    const { base } = image.verdict;
    if (base.confidence === 'unknown' || !NAMES_FROM[base.confidence]?.test(base.evidence)) return undefined;
    const moving = base.references.filter((reference) => isMoving(reference));
    if (moving.length === 0 || moving.length < base.references.length) return undefined;
    return {
      confidence: 'declared',
      message: 'Name a version and a variant ("node:24-slim"), and the digest if builds must be reproducible',
      evidence: moving.map((subject) => ({ subject })),
    };
  },
};

function isMoving(reference: string): boolean {
  if (reference === 'scratch' || reference.includes('@')) return false;
  const name = baseName(reference);
  return !name.includes(':') || name.endsWith(':latest');
}
