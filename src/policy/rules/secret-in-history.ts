import type { HistoryEntry } from '../../oci/image-config.ts';
import { secretsIn } from '../../secrets/find-secrets.ts';
import { hitWithoutBytes } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import { type ImageView, ownSteps } from '../image-view.ts';
import type { Rule } from '../rule.ts';

export const secretInHistory: Rule = {
  id: 'secret-in-history',
  severity: 'error',
  title: 'The history of the image holds a secret',
  find: (view) => {
    const first = firstOwn(view);
    const evidence = view.image.config.history
      .slice(first)
      .flatMap((entry, at) => secretsOf(entry, view.steps[first + at]?.layer));
    return hitWithoutBytes(
      evidence,
      'Build arguments and commands stay readable in the history: pass secrets with "RUN --mount=type=secret", and replace those that leaked',
      'inferred',
    );
  },
};

/** The index of the first own step; also the steps of images that only the history shows between the base and the top. */
function firstOwn(view: ImageView): number {
  const { steps, layers, own } = view;
  const firstLayer = steps.findIndex(({ layer }) => layer === layers.length - own.length);
  const start = steps.length - ownSteps(view).length;
  return firstLayer < 0 ? start : Math.min(start, firstLayer);
}

/** @param layer the position of the layer that the step made, if any */
function secretsOf({ createdBy }: HistoryEntry, layer: number | undefined): readonly Evidence[] {
  // Variables set by ENV are reported by the rule secret-in-env.
  if (/^(?:\/bin\/sh -c #\(nop\)\s+)?ENV /.test(createdBy)) return [];
  return secretsIn(createdBy).map((subject) => (layer === undefined ? { subject } : { layer, subject }));
}
