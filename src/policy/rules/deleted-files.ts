import { redact } from '../../classify/redact.ts';
import { compressedShare, evidenceOf, exactly, hitFrom, upTo } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';

/** A path as deep as that is nobody's. */
const MAX_DEPTH = 32;

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

/** A later RUN removes the very path that this layer's COPY or ADD wrote, or a folder above it. */
function likely(layer: LayerView, removedAt: ReadonlyMap<string, number>): Evidence[] {
  const target = copiedTo(layer);
  const isRemoved = target && pathsAbove(target).some((path) => (removedAt.get(path) ?? -1) > layer.position);
  return isRemoved ? [evidenceOf(layer, { subject: redact(target), bytes: upTo(layer.bytes) })] : [];
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

/** `/a/b/c`, `/a/b`, `/a` */
function pathsAbove(path: string): readonly string[] {
  const names = path.split('/').slice(0, MAX_DEPTH);
  return names.map((_, at) => names.slice(0, names.length - at).join('/')).filter((above) => above !== '');
}

/** The absolute path that one file or folder is copied to: a target that ends in a slash is the folder it goes into. */
function copiedTo({ verb, args }: LayerView): string | undefined {
  if (verb !== 'COPY' && verb !== 'ADD') return undefined;
  const [source = '', target = '', ...more] = args.split(/\s+/).filter((word) => !word.startsWith('--'));
  if (!target.startsWith('/') || more.length > 0) return undefined;
  return target.endsWith('/') ? intoFolder(source, target) : target;
}

/** A folder's content is copied, not the folder: then, and of what ADD unpacks, only the target is known. */
function intoFolder(source: string, folder: string): string {
  const name = source.slice(source.lastIndexOf('/') + 1);
  return /^[\w-]+(?:\.[\w-]+)+$/.test(name) ? folder + name : folder.slice(0, -1);
}
