import { evidenceOf } from '../evidence.ts';
import type { Rule } from '../rule.ts';

/** An image with this many RUN layers of its own probably has one per command; tidy images have one to five. */
const MANY = 10;

export const manyLayers: Rule = {
  id: 'many-layers',
  severity: 'info',
  title: 'Many small RUN layers',
  find: (view) => {
    const steps = view.own.filter((layer) => layer.verb === 'RUN');
    if (steps.length < MANY) return undefined;
    return {
      confidence: 'proven',
      message: `${steps.length} RUN steps: join those that belong together with &&, so that a later command can remove what an earlier one left`,
      evidence: steps.map((layer) => evidenceOf(layer)),
    };
  },
};
