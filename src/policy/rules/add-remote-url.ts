import { withoutOptions } from '../../classify/history/instruction.ts';
import { totalOf, wholeLayer } from '../evidence.ts';
import type { Rule } from '../rule.ts';

const CHECKED = /^(?:--\S+\s+)*--checksum=/;

export const addRemoteUrl: Rule = {
  id: 'add-remote-url',
  severity: 'warn',
  title: 'ADD fetches a file from the network',
  find: (view) => {
    const found = view.own.filter(({ verb, args }) => verb === 'ADD' && isRemote(args) && !CHECKED.test(args));
    if (found.length === 0) return undefined;
    const evidence = found.map(wholeLayer);
    return {
      confidence: 'proven',
      message:
        'The file stays in a layer of its own, and nothing verifies its content: download, verify, unpack and remove it in one RUN, or add --checksum',
      evidence,
      bytes: totalOf(evidence),
    };
  },
};

function isRemote(args: string): boolean {
  return /^https?:\/\//.test(withoutOptions(args));
}
