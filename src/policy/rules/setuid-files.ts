import { evidenceOf, hitWithoutBytes } from '../evidence.ts';
import type { Rule } from '../rule.ts';

export const setuidFiles: Rule = {
  id: 'setuid-files',
  severity: 'info',
  title: 'Programs run with the rights of their owner or group (setuid, setgid)',
  find: (view) => {
    const evidence = view.own.flatMap((layer) =>
      (layer.contents?.setuidFiles ?? []).map((path) => evidenceOf(layer, { subject: path })),
    );
    return hitWithoutBytes(
      evidence,
      'Remove the bit from programs that do not need it ("chmod a-s"), or run the container with no-new-privileges',
    );
  },
};
