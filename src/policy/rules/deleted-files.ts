import type { ByteRange } from '../finding.ts';
import { compressedShare, evidenceOf, type ImageView, type LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';

export const deletedFiles: Rule = {
  id: 'deleted-files',
  severity: 'warn',
  title: 'Files are removed in a later layer than the one that brought them',
  find: (view) => {
    const places = view.own.map((layer) => ({ layer, bytes: measured(layer) ?? likely(layer, view) }));
    const found = places.flatMap(({ layer, bytes }) => (bytes && bytes.max > 0 ? [{ layer, bytes }] : []));
    if (found.length === 0) return undefined;
    return {
      confidence: found.every(({ layer }) => measured(layer)) ? 'proven' : 'inferred',
      message: 'A later layer only hides them, and every pull still carries them: remove in the RUN that brings them',
      evidence: found.map(({ layer }) => evidenceOf(layer)),
      bytes: {
        min: found.reduce((sum, { bytes }) => sum + bytes.min, 0),
        max: found.reduce((sum, { bytes }) => sum + bytes.max, 0),
      },
    };
  },
};

function measured(layer: LayerView): ByteRange | undefined {
  const deleted = layer.contents?.deletedBytes;
  if (deleted === undefined) return undefined;
  const bytes = compressedShare(layer, deleted);
  return { min: bytes, max: bytes };
}

/** A later RUN removes the very path that this layer's COPY or ADD wrote. */
function likely(layer: LayerView, view: ImageView): ByteRange | undefined {
  const target = copiedTo(layer.instruction);
  if (!target) return undefined;
  const removed = view.own.some(
    (later) =>
      later.position > layer.position &&
      later.commands.some(
        ({ program, words }) => program === 'rm' && words.some((word) => word.replace(/\/\*?$/, '') === target),
      ),
  );
  return removed ? { min: 0, max: layer.bytes } : undefined;
}

function copiedTo(instruction: string): string | undefined {
  const words = instruction.split(/\s+/);
  const target = words.at(-1)?.replace(/\/$/, '');
  if (!/^(?:COPY|ADD)$/.test(words[0] ?? '') || !target?.startsWith('/') || target === '') return undefined;
  return target;
}
