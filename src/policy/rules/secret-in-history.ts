import type { HistoryEntry } from '../../oci/image-config.ts';
import { hitWithoutBytes } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { ImageView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import { secretsIn } from '../secrets.ts';

export const secretInHistory: Rule = {
  id: 'secret-in-history',
  severity: 'error',
  title: 'The history of the image holds a secret',
  find: (view) => {
    const evidence = ownHistory(view).flatMap(({ entry, layer }) => secretsOf(entry, layer));
    return hitWithoutBytes(
      evidence,
      'Build arguments and commands stay readable in the history: pass secrets with "RUN --mount=type=secret", and replace those that leaked',
      'inferred',
    );
  },
};

/** Returns the history entries above the base, each with the position of the layer that it made, if any. */
function ownHistory(view: ImageView): { entry: HistoryEntry; layer: number | undefined }[] {
  const base = view.layers.length - view.own.length;
  let layer = -1;
  const steps: { entry: HistoryEntry; layer: number | undefined }[] = [];
  for (const entry of view.image.config.history) {
    if (!entry.emptyLayer) layer += 1;
    if (layer >= base) steps.push({ entry, layer: entry.emptyLayer ? undefined : layer });
  }
  return steps;
}

function secretsOf(entry: HistoryEntry, layer: number | undefined): Evidence[] {
  // Variables set by ENV are reported by the rule secret-in-env.
  if (/^(?:\/bin\/sh -c #\(nop\)\s+)?ENV /.test(entry.createdBy)) return [];
  return secretsIn(entry.createdBy).map((subject) => ({ ...(layer === undefined ? {} : { layer }), subject }));
}
