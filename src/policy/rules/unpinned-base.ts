import type { Rule } from '../rule.ts';

export const unpinnedBase: Rule = {
  id: 'unpinned-base',
  severity: 'info',
  title: 'The base is named by a tag that moves with every release',
  find: ({ image }) => {
    const { base } = image.verdict;
    // Only the builder knows which reference FROM named: the layers match every tag of the same image.
    if (base.confidence !== 'declared' && !(base.confidence === 'proven' && base.evidence.startsWith('provenance'))) {
      return undefined;
    }
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
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return !name.includes(':') || name.endsWith(':latest');
}
