import type { MeasuredLayer } from '../audited-image.ts';
import { type Files, filesIn, measuredFiles, totalOf } from '../evidence.ts';
import type { Rule } from '../rule.ts';

/** Waste below this, in a whole image, is not worth reporting. */
const WORTH_REPORTING_BYTES = 100_000;

interface Waste extends Files {
  readonly subject?: string;
}

/**
 * Returns a function that counts the files of some areas as waste. Its subject names the areas that the layer has,
 * largest first.
 * @param areas names of deep/areas.ts
 */
export function wasteIn(areas: readonly string[]): (contents: MeasuredLayer) => Waste {
  return (contents) => {
    const found = areas
      .map((name) => ({ name, bytes: contents.areaBytes[name] ?? 0 }))
      .filter(({ bytes }) => bytes > 0)
      .sort((a, b) => b.bytes - a.bytes);
    return { ...filesIn(contents, areas), subject: found.map(({ name }) => name).join(', ') };
  };
}

/**
 * Makes a rule that measures files which the program does not need. It finds nothing in layers that were not read.
 * @param rule the rule; `wasteOf` measures the waste of one layer
 */
export function measuredBytesRule(
  rule: Pick<Rule, 'id' | 'severity' | 'title'> & {
    readonly remedy: string;
    readonly wasteOf: (contents: MeasuredLayer) => Waste;
  },
): Rule {
  const { id, severity, title, remedy, wasteOf } = rule;
  const find: Rule['find'] = (view) => {
    const evidence = view.own.flatMap((layer) => {
      if (!layer.contents) return [];
      const waste = wasteOf(layer.contents);
      return measuredFiles(layer, waste, waste.subject);
    });
    const bytes = totalOf(evidence);
    if (bytes.max < WORTH_REPORTING_BYTES) return undefined;
    return { confidence: 'proven', message: `${title}: ${remedy}`, evidence, bytes };
  };
  return { id, severity, title, find };
}
