import { humanBytes } from '../measure/human-bytes.ts';
import type { ByteRange, Evidence } from './finding.ts';

/**
 * Where a rule saw what it says, a line a place: `layer 10, up to 13 MB: RUN npm install`. Layers count from 1, base first,
 * as `inspect` shows them.
 */
export function evidenceLines(evidence: readonly Evidence[]): readonly string[] {
  return evidence.map(({ layer, instruction, subject, bytes }) => {
    const place = [layer === undefined ? '' : `layer ${layer + 1}`, bytes ? bytesText(bytes) : ''];
    return [place.filter(isSaid).join(', '), subject ?? '', instruction ?? ''].filter(isSaid).join(': ');
  });
}

/** So many places, and so much of each, are shown on a screen. */
const SHOWN_PLACES = 4;
const SHOWN_LENGTH = 110;

/** The same for a terminal: the first few, cut where they are long. */
export function shortEvidence(evidence: readonly Evidence[]): readonly string[] {
  const lines = evidenceLines(evidence.slice(0, SHOWN_PLACES)).map((line) =>
    line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH - 1)}…` : line,
  );
  return evidence.length > SHOWN_PLACES ? [...lines, `and ${evidence.length - SHOWN_PLACES} more`] : lines;
}

/** `13 MB`, `up to 13 MB`, `2 MB to 13 MB`. */
function bytesText({ min, max }: ByteRange): string {
  if (min === max) return humanBytes(max);
  return min === 0 ? `up to ${humanBytes(max)}` : `${humanBytes(min)} to ${humanBytes(max)}`;
}

function isSaid(part: string): boolean {
  return part !== '';
}
