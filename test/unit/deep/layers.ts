import { createHash } from 'node:crypto';
import type { LayerContents } from '../../../src/deep/contents.ts';
import { EntryWriter, type LayerEntry } from '../../../src/deep/entries.ts';
import { findWhiteout } from '../../../src/deep/whiteout.ts';
import { digestOf } from '../../../src/oci/digest.ts';

/** A layer of entries as if read from a tar: for what is judged of layers afterwards. */
export function layerOf(entries: readonly LayerEntry[], facts: Partial<LayerContents> = {}): LayerContents {
  const writer = new EntryWriter();
  for (const entry of entries) writer.add(entry);
  const fileBytes = entries.reduce((total, { size }) => total + size, 0);
  return {
    diffId: digestOf(''),
    tarBytes: fileBytes * 2,
    whiteouts: entries.filter(({ path }) => findWhiteout(path)).length,
    setuid: [],
    sensitive: [],
    releases: [],
    packages: [],
    unread: [],
    entries: writer.finish(),
    ...facts,
  };
}

export function file(path: string, content: string): LayerEntry {
  const hash = content === '' ? '' : createHash('sha256').update(content).digest('hex').slice(0, 16);
  return { path, kind: 'file', size: content.length, hash, target: '' };
}

export function folder(path: string): LayerEntry {
  return { path, kind: 'directory', size: 0, hash: '', target: '' };
}

export function hardlink(path: string, target: string): LayerEntry {
  return { path, kind: 'hardlink', size: 0, hash: '', target };
}

export function symlink(path: string, target: string): LayerEntry {
  return { path, kind: 'symlink', size: 0, hash: '', target };
}

export function whiteout(path: string): LayerEntry {
  return file(path.replace(/[^/]*$/, '.wh.$&'), '');
}

export function opaque(path: string): LayerEntry {
  return file(`${path}/.wh..wh..opq`, '');
}
