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
        'Create a user and name it in the last stage ("USER 10001"): a number lets Kubernetes check runAsNonRoot',
      evidence: [{ subject: image.config.user === '' ? 'no USER' : `USER ${image.config.user}` }],
    };
  },
};
