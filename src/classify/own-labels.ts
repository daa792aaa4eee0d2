import { groupBy } from '../common/group-by.ts';
import { remember } from '../common/remember.ts';
import { redact } from '../secrets/redact.ts';
import { basesBeneath } from './base-image/layer-chain.ts';
import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';

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
  const { input, history, stack } = context;
  const { labels } = input.config;
  const own: Record<string, string> = Object.create(null);
  const bases = basesBeneath(context).filter((base) => base.labels !== undefined);
  const settings = readSettings(history.steps, labels);
  const layerSteps = history.steps.flatMap(({ layer }, at) => (layer === undefined ? [] : at));
  for (const name in labels) {
    const value = labels[name] ?? '';
    const setters = settersOf(settings.get(name) ?? [], value);
    const equalBases = bases.filter((base) => base.labels?.[name] === value);
    const isInherited =
      equalBases.length > 0
        ? !isSetAbove(setters, layerSteps, Math.max(...equalBases.map(({ layerCount }) => layerCount)))
        : setters.some((step) => step < stack.ownStart);
    if (!isInherited) own[name] = redactedLabel(value);
  }
  return own;
}

/** Where a LABEL step names a label. */
interface LabelSetting {
  readonly name: string;
  /** The step's index. */
  readonly step: number;
  /** The step's text behind the name and `=`, with a space at its end. */
  readonly rest: string;
}

/**
 * Where steps set the labels, by name: one pass over the steps, because a config may have a hundred thousand labels and
 * as many steps.
 */
function readSettings(
  steps: readonly BuildStep[],
  labels: Readonly<Record<string, string>>,
): ReadonlyMap<string, readonly LabelSetting[]> {
  const settings: LabelSetting[] = [];
  steps.forEach(({ verb, args }, step) => {
    if (verb !== 'LABEL') return;
    const text = `${args.replaceAll('"', '')} `;
    let start = 0;
    for (const word of text.split(' ')) {
      const end = word.indexOf('=');
      const name = word.slice(0, Math.max(0, end));
      if (end >= 0 && Object.hasOwn(labels, name)) settings.push({ name, step, rest: text.slice(start + end + 1) });
      start += word.length + 1;
    }
  });
  return groupBy(settings, ({ name }) => name);
}

/**
 * The indices of the steps that set a label to a value. History lines have lost their quotes, so nothing marks where a
 * value of several words ends: what follows the name is compared with the whole value.
 */
function settersOf(settings: readonly LabelSetting[], value: string): readonly number[] {
  const start = `${value} `;
  return [...new Set(settings.filter(({ rest }) => rest.startsWith(start)).map(({ step }) => step))];
}

/**
 * Whether a step above a base's layers sets a label. A step after the image's first own layer certainly does; among the
 * settings between the base's last layer and that one, the first match may still be the base's.
 * @param layerSteps the indices of the steps that made the layers, base first
 */
function isSetAbove(setters: readonly number[], layerSteps: readonly number[], baseLayers: number): boolean {
  const top = layerSteps[baseLayers - 1];
  if (top === undefined) return false;
  const firstOwn = layerSteps[baseLayers] ?? Number.POSITIVE_INFINITY;
  return setters.some((step) => step >= firstOwn) || setters.filter((step) => step > top).length > 1;
}
