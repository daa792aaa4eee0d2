import type { ByteRange } from '../../measure/byte-range.ts';
import type { ImageView } from '../image-view.ts';
import { isRuntimeItself, replaceableBytes } from '../replaceable-bytes.ts';
import type { Rule } from '../rule.ts';

/** Variants with more than a running program needs. */
const FAT: readonly string[] = ['full', 'jdk'];

export const fatBase: Rule = {
  id: 'fat-base',
  severity: 'warn',
  title: 'The base has a slimmer variant',
  find: (view) => {
    const { base, variant } = view.image.verdict;
    if (!variant || !FAT.includes(variant.value) || base.confidence === 'unknown') return undefined;
    const slimmer = view.image.baseFacts?.slimmer;
    const bytes = bytesSaved(view, slimmer?.compressedBytes);
    if (bytes && bytes.max === 0) return undefined;
    const use = slimmer ? slimmerName(view, slimmer.reference) : 'its slim, Alpine or distroless variant';
    return {
      confidence: base.confidence,
      message: `Use ${use} ${isRuntimeItself(view.image) ? 'instead' : 'for the last stage'}`,
      evidence: [{ subject: base.references.join(';') || base.evidence }],
      ...(bytes ? { bytes } : {}),
    };
  },
};

/** A base that holds more than its runtime, such as Tomcat's, is not replaced by another image of the runtime. */
function slimmerName({ image }: ImageView, reference: string): string {
  const { base, runtimeLayers } = image.verdict;
  const holdsMore = runtimeLayers !== undefined && base.layerCount !== undefined && base.layerCount > runtimeLayers;
  return holdsMore ? `its variant on ${reference}` : reference;
}

function bytesSaved(view: ImageView, slimmerBytes: number | undefined): ByteRange | undefined {
  const replaced = replaceableBytes(view);
  if (slimmerBytes === undefined || replaced === undefined) return undefined;
  return { min: Math.max(0, replaced.min - slimmerBytes), max: Math.max(0, replaced.max - slimmerBytes) };
}
