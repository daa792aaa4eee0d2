import type { MeasuredLayer } from '../audited-image.ts';
import { areaBytes, compressedShare, evidenceOf, exactly, totalOf } from '../evidence.ts';
import type { Rule } from '../rule.ts';

/** Less than this in a whole image is not worth a change. */
const WORTH_SAYING_BYTES = 100_000;

interface Waste {
  /** Of files, uncompressed. */
  readonly bytes: number;
  readonly subject?: string;
}

/** The files of some areas, as a rule's waste: the subject names those areas that the layer has, largest first. */
export function wasteIn(areas: readonly string[]): (contents: MeasuredLayer) => Waste {
  return (contents) => {
    const found = areas
      .map((name) => ({ name, bytes: contents.areaBytes?.[name] ?? 0 }))
      .filter(({ bytes }) => bytes > 0)
      .sort((a, b) => b.bytes - a.bytes);
    return { bytes: areaBytes(contents, areas), subject: found.map(({ name }) => name).join(', ') };
  };
}

/** A rule that only the layers' contents can answer: so many bytes of files that the program does not need. */
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
      const { bytes: fileBytes, subject } = wasteOf(layer.contents);
      const bytes = compressedShare(layer, fileBytes);
      return bytes > 0 ? [evidenceOf(layer, { bytes: exactly(bytes), ...(subject ? { subject } : {}) })] : [];
    });
    const bytes = totalOf(evidence);
    if (bytes.max < WORTH_SAYING_BYTES) return undefined;
    return { confidence: 'proven', message: `${title}: ${remedy}`, evidence, bytes };
  };
  return { id, severity, title, find };
}
