import type { MeasuredLayer } from '../audited-image.ts';
import { compressedShare, evidenceOf, exactly, totalOf } from '../evidence.ts';
import type { Rule } from '../rule.ts';

/** Less than this in a whole image is not worth a change. */
const WORTH_SAYING_BYTES = 100_000;

/** A rule that only the layers' contents can answer: so many bytes of files that the program does not need. */
export function measuredBytesRule(
  rule: Pick<Rule, 'id' | 'severity' | 'title'> & {
    readonly remedy: string;
    readonly bytesOf: (contents: MeasuredLayer) => number | undefined;
  },
): Rule {
  const { id, severity, title, remedy, bytesOf } = rule;
  const find: Rule['find'] = (view) => {
    const evidence = view.own.flatMap((layer) => {
      const bytes = layer.contents ? compressedShare(layer, bytesOf(layer.contents) ?? 0) : 0;
      return bytes > 0 ? [evidenceOf(layer, { bytes: exactly(bytes) })] : [];
    });
    const bytes = totalOf(evidence);
    if (bytes.max < WORTH_SAYING_BYTES) return undefined;
    return { confidence: 'proven', message: `${title}: ${remedy}`, evidence, bytes };
  };
  return { id, severity, title, find };
}
