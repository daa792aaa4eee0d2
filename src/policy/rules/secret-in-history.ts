import type { HistoryEntry } from '../../oci/image-config.ts';
import { hitWithoutBytes } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import { ownSteps } from '../own-steps.ts';
import type { Rule } from '../rule.ts';
import { secretsIn } from '../secrets.ts';

export const secretInHistory: Rule = {
  id: 'secret-in-history',
  severity: 'error',
  title: 'The history of the image holds a secret',
  find: (view) => {
    const own = ownSteps(view);
    const entries = view.image.config.history.slice(view.steps.length - own.length);
    const evidence = entries.flatMap((entry, at) => secretsOf(entry, own[at]?.layer));
    return hitWithoutBytes(
      evidence,
      'Build arguments and commands stay readable in the history: pass secrets with "RUN --mount=type=secret", and replace those that leaked',
      'inferred',
    );
  },
};

/** @param layer the position of the layer that the step made, if any */
function secretsOf({ createdBy }: HistoryEntry, layer: number | undefined): readonly Evidence[] {
  // Variables set by ENV are reported by the rule secret-in-env.
  if (/^(?:\/bin\/sh -c #\(nop\)\s+)?ENV /.test(createdBy)) return [];
  return secretsIn(createdBy).map((subject) => (layer === undefined ? { subject } : { layer, subject }));
}
