import { redact } from '../../classify/redact.ts';
import { compressedShare, evidenceOf, exactly, hitFrom, upTo } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';

export const deletedFiles: Rule = {
  id: 'deleted-files',
  severity: 'warn',
  title: 'Files are removed in a later layer than the one that brought them',
  find: (view) => {
    const removedAt = lastRemovals(view);
    const evidence = view.own.flatMap((layer) => measured(layer) ?? likely(layer, removedAt));
    return hitFrom(
      evidence,
      'A later layer only hides them, and every pull still carries them: remove in the RUN that brings them',
    );
  },
};

/** Undefined where the layer was not read. */
function measured(layer: LayerView): Evidence[] | undefined {
  const deleted = layer.contents?.deletedBytes;
  if (deleted === undefined) return undefined;
  const bytes = compressedShare(layer, deleted);
  return bytes === 0 ? [] : [evidenceOf(layer, { bytes: exactly(bytes) })];
}

/** A later RUN removes the very path that this layer's COPY or ADD wrote. */
function likely(layer: LayerView, removedAt: ReadonlyMap<string, number>): Evidence[] {
  const target = copiedTo(layer);
  if (!target || (removedAt.get(target) ?? -1) <= layer.position) return [];
  return [evidenceOf(layer, { subject: redact(target), bytes: upTo(layer.bytes) })];
}

/** The last layer in which each path is removed by name, or all that is in it. */
function lastRemovals({ own, ownPrograms }: ImageView): ReadonlyMap<string, number> {
  const removedAt = new Map<string, number>();
  if (!ownPrograms.has('rm')) return removedAt;
  for (const { position, commands } of own) {
    for (const { program, words } of commands) {
      if (program !== 'rm') continue;
      for (const word of words) removedAt.set(word.replace(/\/\*?$/, ''), position);
    }
  }
  return removedAt;
}

function copiedTo({ verb, args }: LayerView): string | undefined {
  if (verb !== 'COPY' && verb !== 'ADD') return undefined;
  const target = args.slice(args.lastIndexOf(' ') + 1).replace(/\/$/, '');
  return target.startsWith('/') ? target : undefined;
}
