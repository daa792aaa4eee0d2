import { remember } from '../oci/remember.ts';
import { basesBeneath } from './base-image/layer-chain.ts';
import type { Context } from './context.ts';
import { redact } from './redact.ts';

/** Longer labels are documents (buildpacks keep theirs there), which nobody reads in a table. */
const MAX_LABEL_LENGTH = 4_096;

/** The same labels come again with every image of a team. */
const redactedLabel = remember((value: string) => redact(value.slice(0, MAX_LABEL_LENGTH)));

/**
 * The labels that are the image's own. A label equal to the base's was inherited; without a known base, one that a
 * step beneath the own steps set to the same value was.
 */
export function findOwnLabels(context: Context): Readonly<Record<string, string>> {
  const { labels } = context.input.config;
  const bases = basesBeneath(context);
  const inherited = context.beneath
    .filter((step) => step.verb === 'LABEL')
    .map((step) => step.args.replaceAll('"', ''));
  const own: Record<string, string> = Object.create(null);
  for (const name in labels) {
    const value = labels[name] ?? '';
    const ofBase = bases.some((base) => base.labels?.[name] === value);
    const ofStep = inherited.some((line) => line.includes(`${name}=${value}`));
    if (!ofBase && !ofStep) own[name] = redactedLabel(value);
  }
  return own;
}
