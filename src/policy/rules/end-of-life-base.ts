import { hitWithoutBytes } from '../evidence.ts';
import type { Rule } from '../rule.ts';

export const endOfLifeBase: Rule = {
  id: 'end-of-life-base',
  severity: 'error',
  title: 'The base is out of support',
  find: ({ image }) => {
    const ended = image.baseFacts?.ended ?? [];
    const since = ended.map(({ name, endOfLife }) => `${name} has had no fixes since ${endOfLife}`);
    return hitWithoutBytes(
      ended.map(({ name }) => ({ subject: name })),
      `${since.join(', and ')}: move to a supported release`,
      image.verdict.distro?.confidence ?? 'inferred',
    );
  },
};
