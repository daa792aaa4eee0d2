import type { Confidence } from '../classify/verdict.ts';
import { totalBytes } from '../common/sum.ts';
import { type ByteRange, exactly, sumOfRanges, upTo } from '../measure/byte-range.ts';
import type { NamedBytes } from './audited-image.ts';
import { compressedShare, type Files } from './compressed-share.ts';
import type { Evidence, Hit } from './finding.ts';
import type { LayerView } from './image-view.ts';

/** Returns evidence that points to a layer and its instruction. */
export function evidenceOf(layer: LayerView, about: Pick<Evidence, 'subject' | 'bytes'> = {}): Evidence {
  return { layer: layer.position, ...(layer.instruction ? { instruction: layer.instruction } : {}), ...about };
}

/** Returns evidence of a layer all of which may be what a rule looks for. */
export function wholeLayer(layer: LayerView): Evidence {
  return evidenceOf(layer, { bytes: upTo(layer.bytes) });
}

/** The most package names that evidence lists; there may be hundreds. */
const MAX_NAMES = 8;

/**
 * Returns evidence of packages found in a layer: the names of the largest, and the compressed bytes of all.
 * @param packages with their uncompressed sizes in bytes
 */
export function packagesEvidence(layer: LayerView, packages: readonly NamedBytes[]): readonly Evidence[] {
  if (packages.length === 0) return [];
  const fileBytes = totalBytes(packages);
  const names = packages.toSorted((a, b) => b.bytes - a.bytes).map(({ name }) => name);
  const more = names.length > MAX_NAMES ? `, and ${names.length - MAX_NAMES} more` : '';
  const subject = names.slice(0, MAX_NAMES).join(', ') + more;
  return [evidenceOf(layer, { subject, bytes: exactly(compressedShare(layer, { bytes: fileBytes, packed: 0 })) })];
}

/** Returns the sum of the evidence's bytes; evidence without bytes counts as zero. */
export function totalOf(evidence: readonly Evidence[]): ByteRange {
  return sumOfRanges(evidence.flatMap(({ bytes }) => bytes ?? []));
}

/** Returns the evidence of files that a layer was read to have; none if their compressed share is nothing. */
export function measuredFiles(layer: LayerView, files: Files, subject?: string): readonly Evidence[] {
  const bytes = compressedShare(layer, files);
  return bytes === 0 ? [] : [evidenceOf(layer, { bytes: exactly(bytes), ...(subject ? { subject } : {}) })];
}

/** Returns a hit whose fix takes no bytes off; undefined if there is no evidence. */
export function hitWithoutBytes(
  evidence: readonly Evidence[],
  message: string,
  confidence: Confidence = 'proven',
): Hit | undefined {
  return evidence.length === 0 ? undefined : { confidence, message, evidence };
}

/**
 * Returns a hit with the sum of the evidence's bytes; undefined if there is no evidence. It is `proven` if all bytes
 * were measured, else `inferred`.
 */
export function hitFrom(evidence: readonly Evidence[], message: string): Hit | undefined {
  if (evidence.length === 0) return undefined;
  const bytes = totalOf(evidence);
  const isMeasured = bytes.max > 0 && bytes.min === bytes.max;
  return { confidence: isMeasured ? 'proven' : 'inferred', message, evidence, bytes };
}
