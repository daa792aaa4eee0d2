import type { LayerContents } from '../audited-image.ts';
import { compressedShare, evidenceOf } from '../image-view.ts';
import type { Rule } from '../rule.ts';

/** Less than this in a whole image is not worth a change. */
const WORTH_SAYING_BYTES = 100_000;

/** A rule that only the layers' contents can answer: so many bytes of files that the program does not need. */
export function measuredBytesRule(
  rule: Pick<Rule, 'id' | 'severity' | 'title'> & {
    readonly remedy: string;
    readonly bytesOf: (contents: LayerContents) => number | undefined;
  },
): Rule {
  const { id, severity, title, remedy, bytesOf } = rule;
  const find: Rule['find'] = (view) => {
    const found = view.own.flatMap((layer) => {
      const bytes = layer.contents ? compressedShare(layer, bytesOf(layer.contents) ?? 0) : 0;
      return bytes > 0 ? [{ layer, bytes }] : [];
    });
    const bytes = found.reduce((sum, place) => sum + place.bytes, 0);
    if (bytes < WORTH_SAYING_BYTES) return undefined;
    const evidence = found.map(({ layer }) => evidenceOf(layer));
    return { confidence: 'proven', message: `${title}: ${remedy}`, evidence, bytes: { min: bytes, max: bytes } };
  };
  return { id, severity, title, find };
}
