import { lookUp } from '../../classify/look-up.ts';
import { redact } from '../../classify/redact.ts';
import { compressedShare, evidenceOf, exactly, hitFrom, upTo } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import type { Rule } from '../rule.ts';
import type { Command } from '../shell.ts';

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

/** A later RUN removes the very path that this layer wrote by COPY, ADD or a download, or a folder above it. */
function likely(layer: LayerView, removedAt: ReadonlyMap<string, number>): Evidence[] {
  if (removedAt.size === 0) return [];
  const target = writtenBy(layer).find((path) =>
    pathsAbove(path).some((above) => (removedAt.get(above) ?? -1) > layer.position),
  );
  return target === undefined ? [] : [evidenceOf(layer, { subject: redact(target), bytes: upTo(layer.bytes) })];
}

function writtenBy(layer: LayerView): readonly string[] {
  if (layer.verb === 'RUN') return downloadedBy(layer);
  const target = copiedTo(layer);
  return target === undefined ? [] : [target];
}

/** Where wget and curl were told to write, as far as the step says in which folder, and does not clear it itself. */
function downloadedBy({ commands }: LayerView): readonly string[] {
  const placed = withFolders(commands);
  const removed = new Set(placed.flatMap(removedBy));
  const written = placed.flatMap((command) => downloadTarget(command) ?? []);
  return written.filter((path) => !pathsAbove(path).some((above) => removed.has(above)));
}

function downloadTarget({ program, words, folder }: PlacedCommand): string | undefined {
  const option = lookUp(DOWNLOADS, program);
  const at = option ? words.findIndex((word) => option.test(word)) : -1;
  const word = words[at] ?? '';
  const path = word.includes('=') ? word.slice(word.indexOf('=') + 1) : words[at + 1];
  return at < 0 || path === undefined ? undefined : absolute(path, folder);
}

const DOWNLOADS: Readonly<Record<string, RegExp>> = {
  wget: /^(?:-[a-zA-Z]*O|--output-document(?:=.+)?)$/,
  curl: /^(?:-[a-zA-Z]*o|--output(?:=.+)?)$/,
};

/** A command with the folder that `cd` went to before it; undefined where no step says which. */
interface PlacedCommand extends Command {
  readonly folder: string | undefined;
}

function withFolders(commands: readonly Command[]): readonly PlacedCommand[] {
  let folder: string | undefined;
  return commands.map((command) => {
    if (command.program === 'cd') folder = absolute(command.words[0] ?? '', folder);
    return { ...command, folder };
  });
}

function absolute(path: string, folder: string | undefined): string | undefined {
  if (path.startsWith('/')) return path;
  if (folder === undefined || path.startsWith('-')) return undefined;
  return `${folder.replace(/\/$/, '')}/${path.replace(/^\.\//, '')}`;
}

/** Paths that a command removes by name, or all that is in them. */
function removedBy({ program, words, folder }: PlacedCommand): readonly string[] {
  if (program !== 'rm') return [];
  return words.map((word) => (absolute(word, folder) ?? word).replace(/\/\*?$/, ''));
}

/** The last layer in which each path is removed by name, or all that is in it. */
function lastRemovals({ own, ownPrograms }: ImageView): ReadonlyMap<string, number> {
  const removedAt = new Map<string, number>();
  if (!ownPrograms.has('rm')) return removedAt;
  for (const { position, commands } of own) {
    for (const path of withFolders(commands).flatMap(removedBy)) removedAt.set(path, position);
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
