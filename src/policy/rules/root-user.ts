import type { Rule } from '../rule.ts';

export const rootUser: Rule = {
  id: 'root-user',
  severity: 'warn',
  title: 'The container runs as root',
  find: ({ image }) => {
    if (image.verdict.runsAsRoot !== true) return undefined;
    return {
      confidence: 'proven',
      message:
        'Create a user and set it in the last stage by its number ("USER 10001"): Kubernetes can check runAsNonRoot only with a number',
      evidence: [{ subject: image.config.user === '' ? 'no USER' : `USER ${image.config.user}` }],
    };
  },
};
