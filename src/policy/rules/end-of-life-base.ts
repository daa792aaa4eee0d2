import type { Rule } from '../rule.ts';

export const endOfLifeBase: Rule = {
  id: 'end-of-life-base',
  severity: 'error',
  title: 'The base is out of support',
  find: ({ image }) => {
    const ended = image.baseFacts?.ended;
    if (!ended) return undefined;
    const since = ended.map(({ name, endOfLife }) => `${name} has had no fixes since ${endOfLife}`);
    return {
      confidence: image.verdict.distro?.confidence ?? 'inferred',
      message: `${since.join(', and ')}: move to a supported release`,
      evidence: ended.map(({ name }) => ({ subject: name })),
    };
  },
};
