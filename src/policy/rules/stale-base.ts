import { counted } from '../../common/plural.ts';
import type { Rule } from '../rule.ts';

export const staleBase: Rule = {
  id: 'stale-base',
  severity: 'info',
  title: 'The base has a newer build',
  find: ({ image }) => {
    const newer = image.baseFacts?.newerBuild;
    if (!newer) return undefined;
    return {
      confidence: 'proven',
      message: `${newer.reference} was built again on ${newer.createdAt.slice(0, 10)}, ${counted(newer.ageDays, 'day')} after the build that this image is based on: rebuild with --pull`,
      evidence: [{ subject: newer.reference }],
    };
  },
};
