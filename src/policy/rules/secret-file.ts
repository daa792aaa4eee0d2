import { hitOfPaths } from '../evidence.ts';
import type { Rule } from '../rule.ts';

export const secretFile: Rule = {
  id: 'secret-file',
  severity: 'error',
  title: 'A file that usually holds secrets is in a layer',
  find: ({ own }) =>
    hitOfPaths(
      own,
      (contents) => contents.sensitiveFiles,
      'Removing it in a later layer only hides it: list it in .dockerignore, mount it as a secret if the build needs it, and replace the secrets that leaked',
    ),
};
