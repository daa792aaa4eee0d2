import type { MeasuredLayer } from './audited-image.ts';
import type { ByteRange, Evidence, Hit } from './finding.ts';
import type { LayerView } from './image-view.ts';

/** A layer as evidence. */
export function evidenceOf(layer: LayerView, about: Pick<Evidence, 'subject' | 'bytes'> = {}): Evidence {
  return { layer: layer.position, ...(layer.instruction ? { instruction: layer.instruction } : {}), ...about };
}

/** So many names are shown of what may be hundreds. */
const SHOWN_NAMES = 8;

/** Packages that were found in a layer, as evidence with their bytes and the names of the largest. */
export function packagesEvidence(
  layer: LayerView,
  packages: readonly { readonly name: string; readonly bytes: number }[],
): Evidence {
  const fileBytes = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  const names = packages.toSorted((a, b) => b.bytes - a.bytes).map(({ name }) => name);
  const more = names.length > SHOWN_NAMES ? `, and ${names.length - SHOWN_NAMES} more` : '';
  const subject = names.slice(0, SHOWN_NAMES).join(', ') + more;
  return evidenceOf(layer, { subject, bytes: exactly(compressedShare(layer, fileBytes)) });
}

/** The bytes of all places together. */
export function totalOf(evidence: readonly Evidence[]): ByteRange {
  let min = 0;
  let max = 0;
  for (const { bytes } of evidence) {
    min += bytes?.min ?? 0;
    max += bytes?.max ?? 0;
  }
  return { min, max };
}

/** From history alone: nothing for certain, and so much at the most. */
export function upTo(bytes: number): ByteRange {
  return { min: 0, max: Math.round(bytes) };
}

/** So many bytes, known for certain. */
export function exactly(bytes: number): ByteRange {
  return { min: bytes, max: bytes };
}

/**
 * What some files of a layer cost a pull: their share of the layer's files, taken of its compressed size. Files
 * compress unlike one another, so this is right for large shares and near for small ones.
 */
export function compressedShare(layer: LayerView, fileBytes: number): number {
  const all = layer.contents?.fileBytes ?? 0;
  return all === 0 ? 0 : Math.round(layer.bytes * Math.min(1, fileBytes / all));
}

/** The bytes of files that lie in some areas of a layer. */
export function areaBytes(contents: MeasuredLayer, areas: readonly string[]): number {
  return areas.reduce((sum, area) => sum + (contents.areaBytes?.[area] ?? 0), 0);
}

/**
 * What a rule says from the places it found, its bytes their sum; undefined where it found none. It is proven where each
 * place was measured, and inferred where history alone speaks.
 */
export function hitFrom(evidence: readonly Evidence[], message: string): Hit | undefined {
  if (evidence.length === 0) return undefined;
  const bytes = totalOf(evidence);
  const isMeasured = bytes.max > 0 && bytes.min === bytes.max;
  return { confidence: isMeasured ? 'proven' : 'inferred', message, evidence, bytes };
}
