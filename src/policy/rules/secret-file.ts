import { evidenceOf, hitWithoutBytes } from '../evidence.ts';
import type { Rule } from '../rule.ts';

export const secretFile: Rule = {
  id: 'secret-file',
  severity: 'error',
  title: 'A file that usually holds secrets is in a layer',
  find: (view) => {
    const evidence = view.own.flatMap((layer) =>
      (layer.contents?.sensitiveFiles ?? []).map((path) => evidenceOf(layer, { subject: path })),
    );
    return hitWithoutBytes(
      evidence,
      'Removing it in a later layer only hides it: list it in .dockerignore, mount it as a secret if the build needs it, and replace the secrets that leaked',
    );
  },
};
