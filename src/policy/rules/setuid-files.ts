import { hitOfPaths } from '../evidence.ts';
import type { Rule } from '../rule.ts';

export const setuidFiles: Rule = {
  id: 'setuid-files',
  severity: 'info',
  title: 'Programs run with the rights of their owner or group (setuid, setgid)',
  find: ({ own }) =>
    hitOfPaths(
      own,
      (contents) => contents.setuidFiles,
      'Remove the bit from programs that do not need it ("chmod a-s"), or run the container with no-new-privileges',
    ),
};
