import { evidenceOf } from '../evidence.ts';
import type { Rule } from '../rule.ts';

export const setuidFiles: Rule = {
  id: 'setuid-files',
  severity: 'info',
  title: 'Programs that run with the rights of their owner (setuid, setgid)',
  find: (view) => {
    const evidence = view.own.flatMap((layer) =>
      (layer.contents?.setuidFiles ?? []).map((path) => evidenceOf(layer, { subject: path })),
    );
    if (evidence.length === 0) return undefined;
    return {
      confidence: 'proven',
      message: 'Take the bit off where the program does not need it: "chmod a-s", or run with no-new-privileges',
      evidence,
    };
  },
};
