import { remember } from '../common/remember.ts';
import { basesBeneath } from './base-image/layer-chain.ts';
import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';
import { redact } from './redact.ts';

/** In characters. Longer labels are documents, such as buildpacks' metadata, which do not fit a table. */
const MAX_LABEL_LENGTH = 4_096;

/** Remembered because all images of a team tend to have the same labels. */
const redactedLabel = remember((value: string) => redact(value.slice(0, MAX_LABEL_LENGTH)));

/**
 * The labels that the image's own build set, with secrets replaced. A label with the same value as a known base's was
 * inherited, unless the own build set it again. Without a known base, a label was inherited if a step beneath the own
 * steps set it to the same value.
 */
export function findOwnLabels(context: Context): Readonly<Record<string, string>> {
  const { labels } = context.input.config;
  const bases = basesBeneath(context);
  const own: Record<string, string> = Object.create(null);
  for (const name in labels) {
    const value = labels[name] ?? '';
    const equalBases = bases.filter((base) => base.labels?.[name] === value);
    const isInherited =
      equalBases.length > 0
        ? !isSetAbove(context, Math.max(...equalBases.map(({ layerCount }) => layerCount)), name, value)
        : context.beneath.some((step) => setsLabel(step, name, value));
    if (!isInherited) own[name] = redactedLabel(value);
  }
  return own;
}

/**
 * Whether a step sets a label to a value. History lines have lost their quotes, so nothing marks where a value of
 * several words ends: the text is searched for the whole pair.
 */
function setsLabel({ verb, args }: BuildStep, name: string, value: string): boolean {
  return verb === 'LABEL' && ` ${args.replaceAll('"', '')} `.includes(` ${name}=${value} `);
}

/**
 * Whether a step above a base's layers sets a label. A step after the image's first own layer certainly does; among the
 * settings between the base's last layer and that one, the first match may still be the base's.
 */
function isSetAbove({ history }: Context, baseLayers: number, name: string, value: string): boolean {
  const top = history.steps.findIndex((step) => step.layer === baseLayers - 1);
  if (top < 0) return false;
  const above = history.steps.slice(top + 1);
  const firstLayer = above.findIndex((step) => step.layer !== undefined);
  const settingsBefore = firstLayer < 0 ? above : above.slice(0, firstLayer);
  const isSet = (step: BuildStep): boolean => setsLabel(step, name, value);
  return above.slice(settingsBefore.length).some(isSet) || settingsBefore.filter(isSet).length > 1;
}
