import type { Confidence } from '../classify/verdict.ts';
import { sum } from '../common/sum.ts';
import type { MeasuredLayer, NamedBytes } from './audited-image.ts';
import type { ByteRange, Evidence, Hit } from './finding.ts';
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
  const fileBytes = sum(packages.map(({ bytes }) => bytes));
  const names = packages.toSorted((a, b) => b.bytes - a.bytes).map(({ name }) => name);
  const more = names.length > MAX_NAMES ? `, and ${names.length - MAX_NAMES} more` : '';
  const subject = names.slice(0, MAX_NAMES).join(', ') + more;
  return [evidenceOf(layer, { subject, bytes: exactly(compressedShare(layer, fileBytes)) })];
}

/** Returns the sum of the evidence's bytes; evidence without bytes counts as zero. */
export function totalOf(evidence: readonly Evidence[]): ByteRange {
  return sumOfRanges(evidence.flatMap(({ bytes }) => bytes ?? []));
}

/** Returns the range from the sum of the lower ends to that of the upper ends. */
export function sumOfRanges(ranges: readonly ByteRange[]): ByteRange {
  let [min, max] = [0, 0];
  for (const range of ranges) {
    min += range.min;
    max += range.max;
  }
  return { min, max };
}

/** Returns the range from 0 to a number of bytes, for what only the history suggests. */
export function upTo(bytes: number): ByteRange {
  return { min: 0, max: Math.round(bytes) };
}

/** Returns a range with equal ends, for a measured number of bytes. */
export function exactly(bytes: number): ByteRange {
  return { min: bytes, max: bytes };
}

/**
 * Returns the compressed bytes that some files of a layer account for: their share of all the layer's files, applied to
 * the layer's compressed size. Files compress differently, so this is accurate for large shares and approximate for
 * small ones.
 * @param fileBytes the files' uncompressed size
 * @returns 0 if the layer was not read
 */
export function compressedShare(layer: LayerView, fileBytes: number): number {
  const all = layer.contents?.fileBytes ?? 0;
  return all === 0 ? 0 : Math.round(layer.bytes * Math.min(1, fileBytes / all));
}

/**
 * Returns the uncompressed bytes of a layer's files in some areas.
 * @param areas names of deep/areas.ts
 */
export function areaBytes(contents: MeasuredLayer, areas: readonly string[]): number {
  return sum(areas.map((area) => contents.areaBytes[area] ?? 0));
}

/** Returns the evidence of files that a layer was read to have; none if their compressed share is nothing. */
export function measuredFiles(layer: LayerView, fileBytes: number, subject?: string): readonly Evidence[] {
  const bytes = compressedShare(layer, fileBytes);
  return bytes === 0 ? [] : [evidenceOf(layer, { bytes: exactly(bytes), ...(subject ? { subject } : {}) })];
}

/** Returns evidence of paths that reading the layers found. */
export function pathsEvidence(
  layers: readonly LayerView[],
  pathsOf: (contents: MeasuredLayer) => readonly string[],
): readonly Evidence[] {
  return layers.flatMap((layer) =>
    layer.contents ? pathsOf(layer.contents).map((subject) => evidenceOf(layer, { subject })) : [],
  );
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
