import { evidenceOf, hitWithoutBytes } from '../evidence.ts';
import type { Rule } from '../rule.ts';

export const secretFile: Rule = {
  id: 'secret-file',
  severity: 'error',
  title: 'A file that usually holds secrets is in a layer',
  find: pathsIn(
    'sensitiveFiles',
    'Removing it in a later layer only hides it: list it in .dockerignore, mount it as a secret if the build needs it, and replace the secrets that leaked',
  ),
};

export const setuidFiles: Rule = {
  id: 'setuid-files',
  severity: 'info',
  title: 'Programs run with the rights of their owner or group (setuid, setgid)',
  find: pathsIn(
    'setuidFiles',
    'Remove the bit from programs that do not need it ("chmod a-s"), or run the container with no-new-privileges',
  ),
};

/** Makes the `find` of a rule about paths that only reading the layers finds. */
function pathsIn(paths: 'sensitiveFiles' | 'setuidFiles', message: string): Rule['find'] {
  return ({ own }) => {
    const evidence = own.flatMap((layer) =>
      (layer.contents?.[paths] ?? []).map((path) => evidenceOf(layer, { subject: path })),
    );
    return hitWithoutBytes(evidence, message);
  };
}
