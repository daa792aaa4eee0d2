import { copiesFiles, withoutOptions } from '../../classify/history/instruction.ts';
import { lookUp } from '../../common/look-up.ts';
import { rememberOf } from '../../common/remember.ts';
import { upTo } from '../../measure/byte-range.ts';
import { redact } from '../../secrets/redact.ts';
import { evidenceOf, hitFrom, measuredFiles } from '../evidence.ts';
import type { Evidence } from '../finding.ts';
import type { ImageView, LayerView } from '../image-view.ts';
import { absolutePath, baseName } from '../paths.ts';
import type { Rule } from '../rule.ts';
import { type PlacedCommand, withFolders } from '../shell.ts';

/** The most parts of a path that are compared; real paths have fewer. */
const MAX_DEPTH = 32;

export const deletedFiles: Rule = {
  id: 'deleted-files',
  severity: 'warn',
  title: 'Files are removed in a later layer than the one that added them',
  find: (view) => {
    const evidence = view.own.flatMap((layer) =>
      layer.contents ? measuredFiles(layer, { bytes: layer.contents.deletedBytes }) : likelyEvidence(layer, view),
    );
    return hitFrom(
      evidence,
      'A later layer only hides them, and every pull still transfers them: remove them in the RUN that adds them',
    );
  },
};

/** Returns evidence if a later RUN removes a path that this layer copied or downloaded, or a folder above it. */
function likelyEvidence(layer: LayerView, view: ImageView): readonly Evidence[] {
  if (lastRemovals(view).size === 0) return [];
  const target = writtenBy(layer).find((path) => isRemovedAbove(layer, path, view));
  return target === undefined ? [] : [evidenceOf(layer, { subject: redact(target), bytes: upTo(layer.bytes) })];
}

/** Whether a later RUN than a layer removes or empties an absolute path, or a folder above it. */
export function isRemovedAbove({ position }: LayerView, path: string, view: ImageView): boolean {
  const removedAt = lastRemovals(view);
  return pathsAbove(path).some((above) => (removedAt.get(above) ?? -1) > position);
}

function writtenBy(layer: LayerView): readonly string[] {
  if (layer.verb === 'RUN') return downloadedBy(layer);
  const target = copiedTo(layer);
  return target === undefined ? [] : [target];
}

/** Returns the files that wget and curl wrote, where their folder is known and the step does not remove them again. */
function downloadedBy({ commands, folder }: LayerView): readonly string[] {
  const placed = withFolders(commands, folder);
  const removed = new Set(placed.flatMap(removedBy));
  const written = placed.flatMap((command) => downloadTarget(command) ?? []);
  return written.filter((path) => !pathsAbove(path).some((above) => removed.has(above)));
}

function downloadTarget({ program, words, folder }: PlacedCommand<string | undefined>): string | undefined {
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

function absolute(path: string, folder: string | undefined): string | undefined {
  return path.startsWith('/') || (folder !== undefined && !path.startsWith('-'))
    ? absolutePath(path, folder ?? '/')
    : undefined;
}

/** Returns the paths that a command removes, or empties: `rm -rf /tmp/a/*` counts as `/tmp/a`. */
function removedBy({ program, words, folder }: PlacedCommand<string | undefined>): readonly string[] {
  if (program !== 'rm') return [];
  return words.map((word) => (absolute(word, folder) ?? word).replace(/\/\*?$/, ''));
}

/** Returns the position of the last layer that removes or empties a path, by path. */
const lastRemovals = rememberOf(({ own, ownPrograms }: ImageView): ReadonlyMap<string, number> => {
  const removedAt = new Map<string, number>();
  if (!ownPrograms.has('rm')) return removedAt;
  for (const { position, commands, folder } of own) {
    for (const path of withFolders(commands, folder).flatMap(removedBy)) removedAt.set(path, position);
  }
  return removedAt;
});

/** Returns a path and the folders above it: `/a/b/c`, `/a/b`, `/a`. */
function pathsAbove(path: string): readonly string[] {
  const names = path.split('/').slice(0, MAX_DEPTH);
  return names.map((_, at) => names.slice(0, names.length - at).join('/')).filter((above) => above !== '');
}

/** Returns the absolute path that a single source is copied to. A target that ends like a folder is one for it. */
function copiedTo({ verb, args, folder }: LayerView): string | undefined {
  if (!copiesFiles(verb)) return undefined;
  const [source = '', target = '', ...more] = withoutOptions(args).split(/\s+/);
  const path = absolute(target, folder);
  if (path === undefined || more.length > 0) return undefined;
  return /(?:^|\/)\.?$/.test(target) ? intoFolder(source, path) : path;
}

/**
 * Returns the path of a source within its target folder, if its name looks like a file's; else the folder. COPY of a
 * folder copies its contents.
 */
function intoFolder(source: string, folder: string): string {
  const name = baseName(source);
  return /^[\w-]+(?:\.[\w-]+)+$/.test(name) ? absolutePath(name, folder) : folder;
}
