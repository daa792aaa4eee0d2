import type { Rule } from '../rule.ts';

export const endOfLifeBase: Rule = {
  id: 'end-of-life-base',
  severity: 'error',
  title: 'The base is out of support',
  find: ({ image }) => {
    const ended = image.baseFacts?.ended;
    if (!ended) return undefined;
    return {
      confidence: image.verdict.distro?.confidence ?? 'inferred',
      message: `${ended.name} has had no fixes since ${ended.endOfLife}: move to a supported release`,
      evidence: [{ subject: ended.name }],
    };
  },
};
