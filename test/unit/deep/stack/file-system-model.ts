import type { LayerEntry } from '../../../../src/deep/entries.ts';
import { findWhiteout } from '../../../../src/deep/whiteout.ts';

interface Node {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  readonly target: string;
  /** Identity of the stored content: hard links have the same. */
  readonly content?: Content;
}

interface Content {
  readonly size: number;
  readonly hash: string;
}

/**
 * The slow and plain way to lay layers over one another: a flat map of full paths, in which removing a folder looks at
 * every path, and every question is asked anew. Bytes of the contents in sight, and of those that are there again.
 */
export function modelOf(layers: readonly (readonly LayerEntry[])[]): {
  readonly usefulBytes: number;
  readonly duplicateBytes: number;
} {
  const paths = new Map<string, Node>();
  for (const entries of layers) {
    for (const { path } of entries) applyWhiteout(paths, path);
    for (const entry of entries) if (!findWhiteout(entry.path)) addEntry(paths, entry);
  }
  const contents = [...new Set([...paths.values()].flatMap((node) => node.content ?? []))];
  const copies = contents.filter(({ hash }, at) => contents.slice(0, at).some((other) => other.hash === hash));
  return { usefulBytes: sum(contents), duplicateBytes: sum(copies) };
}

function sum(contents: readonly Content[]): number {
  return contents.reduce((total, { size }) => total + size, 0);
}

function applyWhiteout(paths: Map<string, Node>, path: string): void {
  const whiteout = findWhiteout(path);
  if (whiteout?.kind === 'remove') {
    const place = placeOf(paths, whiteout.path, false);
    if (place !== undefined) removeTree(paths, place);
  } else if (whiteout?.kind === 'opaque') {
    const place = whiteout.directory === '' ? '' : placeOf(paths, whiteout.directory, false);
    if (place !== undefined && (place === '' || paths.get(place)?.kind === 'directory')) removeBelow(paths, place);
  }
}

function addEntry(paths: Map<string, Node>, entry: LayerEntry): void {
  const place = placeOf(paths, entry.path, true);
  if (place === undefined || place === '' || entry.path === '') return;
  if (entry.kind === 'directory' && paths.get(place)?.kind === 'directory') return;
  const node = nodeOf(paths, entry);
  removeTree(paths, place);
  paths.set(place, node);
}

function nodeOf(paths: Map<string, Node>, { kind, target, size, hash }: LayerEntry): Node {
  if (kind === 'file') return { kind, target: '', content: { size, hash } };
  if (kind !== 'hardlink') return { kind, target };
  const place = placeOf(paths, target, false);
  const content = place === undefined ? undefined : paths.get(place)?.content;
  return content ? { kind: 'file', target: '', content } : { kind: 'other', target: '' };
}

function removeTree(paths: Map<string, Node>, place: string): void {
  paths.delete(place);
  removeBelow(paths, place);
}

function removeBelow(paths: Map<string, Node>, place: string): void {
  const prefix = place === '' ? '' : `${place}/`;
  for (const path of [...paths.keys()]) if (path.startsWith(prefix)) paths.delete(path);
}

/** The path without symbolic links in the way; the last name is taken as it is. */
function placeOf(paths: Map<string, Node>, path: string, makeFolders: boolean): string | undefined {
  const names = path.split('/');
  const last = names.pop() ?? '';
  const parent = folderOf(paths, names.filter(Boolean), makeFolders);
  return parent === undefined ? undefined : join(parent, last);
}

function folderOf(paths: Map<string, Node>, names: readonly string[], makeFolders: boolean): string | undefined {
  let rest = [...names];
  let here = '';
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...others] = rest;
    rest = others;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      here = here.includes('/') ? here.slice(0, here.lastIndexOf('/')) : '';
      continue;
    }
    const place = join(here, name);
    const node = paths.get(place);
    if (node?.kind === 'symlink' && ++links <= 40) {
      if (node.target.startsWith('/')) here = '';
      rest = [...node.target.split('/'), ...rest];
      continue;
    }
    if (node?.kind !== 'directory') {
      if (!makeFolders) return undefined;
      removeTree(paths, place);
      paths.set(place, { kind: 'directory', target: '' });
    }
    here = place;
  }
  return here;
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
