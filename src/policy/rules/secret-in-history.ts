import type { HistoryEntry } from '../../oci/image-config.ts';
import { hitWithoutBytes } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { Rule } from '../rule.ts';
import { secretsIn } from '../secrets.ts';

export const secretInHistory: Rule = {
  id: 'secret-in-history',
  severity: 'error',
  title: 'The history of the image holds a secret',
  find: (view) => {
    const base = view.layers.length - view.own.length;
    let layer = -1;
    const evidence = view.image.config.history.flatMap((entry) => {
      if (!entry.emptyLayer) layer += 1;
      return layer < base ? [] : secretsOf(entry, layer);
    });
    return hitWithoutBytes(
      evidence,
      'Build arguments and commands stay readable in the history: pass secrets with "RUN --mount=type=secret", and replace those that leaked',
      'inferred',
    );
  },
};

/** @param layer the position of the last layer that was made */
function secretsOf({ createdBy, emptyLayer }: HistoryEntry, layer: number): readonly Evidence[] {
  // Variables set by ENV are reported by the rule secret-in-env.
  if (/^(?:\/bin\/sh -c #\(nop\)\s+)?ENV /.test(createdBy)) return [];
  return secretsIn(createdBy).map((subject) => (emptyLayer ? { subject } : { layer, subject }));
}
