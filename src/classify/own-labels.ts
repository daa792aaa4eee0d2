import { remember } from '../common/remember.ts';
import { basesBeneath } from './base-image/layer-chain.ts';
import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';
import { redact } from './redact.ts';

/** Longer labels are documents (buildpacks keep theirs there), which nobody reads in a table. */
const MAX_LABEL_LENGTH = 4_096;

/** The same labels come again with every image of a team. */
const redactedLabel = remember((value: string) => redact(value.slice(0, MAX_LABEL_LENGTH)));

/**
 * The labels that are the image's own. A label equal to the base's was inherited, unless the image's own build set it
 * again; without a known base, one that a step beneath the own steps set to the same value was.
 */
export function findOwnLabels(context: Context): Readonly<Record<string, string>> {
  const { labels } = context.input.config;
  const bases = basesBeneath(context);
  const own: Record<string, string> = Object.create(null);
  for (const name in labels) {
    const value = labels[name] ?? '';
    const alike = bases.filter((base) => base.labels?.[name] === value);
    const isInherited =
      alike.length > 0
        ? !isSetAbove(context, Math.max(...alike.map(({ layerCount }) => layerCount)), name, value)
        : context.beneath.some((step) => sets(step, name, value));
    if (!isInherited) own[name] = redactedLabel(value);
  }
  return own;
}

/** Histories have values without their quotes, so a value of several words ends where the text of another label begins. */
function sets({ verb, args }: BuildStep, name: string, value: string): boolean {
  return verb === 'LABEL' && ` ${args.replaceAll('"', '')} `.includes(` ${name}=${value} `);
}

/**
 * Whether a step above a base's layers set a label: surely one after a layer of the image's own; of those before it, the
 * first may still be the base's.
 */
function isSetAbove({ history }: Context, baseLayers: number, name: string, value: string): boolean {
  const top = history.steps.findIndex((step) => step.layer === baseLayers - 1);
  if (top < 0) return false;
  const above = history.steps.slice(top + 1);
  const firstLayer = above.findIndex((step) => step.layer !== undefined);
  const seam = firstLayer < 0 ? above : above.slice(0, firstLayer);
  const isSet = (step: BuildStep): boolean => sets(step, name, value);
  return above.slice(seam.length).some(isSet) || seam.filter(isSet).length > 1;
}
