import type { ByteRange } from '../measure/byte-range.ts';
import { humanBytes, humanRange } from '../measure/human-bytes.ts';
import type { Evidence } from './finding.ts';

/**
 * Formats evidence, one line per item: `layer 10, up to 13 MB: RUN npm install`. Layers are numbered from 1, base
 * first, as `inspect` shows them.
 */
export function evidenceLines(evidence: readonly Evidence[]): readonly string[] {
  return evidence.map(({ layer, instruction, subject, bytes }) => {
    const place = [layer === undefined ? '' : `layer ${layer + 1}`, bytes ? bytesText(bytes) : ''];
    return [place.filter(isNotEmpty).join(', '), subject ?? '', instruction ?? ''].filter(isNotEmpty).join(': ');
  });
}

/** The most lines, and the most characters of each, that are shown on a terminal. */
const MAX_LINES = 4;
const MAX_LINE_LENGTH = 110;

/** Formats evidence for a terminal: the first few lines, long ones truncated, and the number of those left out. */
export function shortEvidence(evidence: readonly Evidence[]): readonly string[] {
  const lines = evidenceLines(evidence.slice(0, MAX_LINES)).map((line) =>
    line.length > MAX_LINE_LENGTH ? `${line.slice(0, MAX_LINE_LENGTH - 1)}…` : line,
  );
  return evidence.length > MAX_LINES ? [...lines, `and ${evidence.length - MAX_LINES} more`] : lines;
}

/** Formats a range: `13 MB`, `up to 13 MB`, `2 MB to 13 MB`. */
function bytesText(bytes: ByteRange): string {
  return bytes.min === 0 && bytes.max > 0 ? `up to ${humanBytes(bytes.max)}` : humanRange(bytes);
}

function isNotEmpty(part: string): boolean {
  return part !== '';
}
