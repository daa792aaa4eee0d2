import type { LayerEntry } from './entries.ts';
import type { EntryKind } from './tar-header.ts';

/** One stored content; hard links share it. */
export interface StoredFile {
  /** Where its layer has it. */
  readonly path: string;
  /** The layer that it lies in, from 0. */
  readonly layer: number;
  readonly bytes: number;
  /** Its content's hash; empty without content. */
  readonly hash: string;
  /** How many paths of the final file system name it. */
  links: number;
}

export interface TreeNode {
  readonly kind: EntryKind;
  /** The layer that put it here. */
  readonly layer: number;
  readonly file?: StoredFile;
  /** Text of a symbolic link. */
  readonly target?: string;
  readonly children?: Map<string, TreeNode>;
}

/** What took the last path to a stored file away. */
export interface Change {
  readonly layer: number;
  readonly isDeleted: boolean;
  /** The file that has the path now. */
  readonly replacement?: StoredFile;
}

export type OnGone = (file: StoredFile, by: Change) => void;

/** As Linux (path_resolution(7)): more links than that are a loop. */
const MAX_LINKS = 40;
/** Names that links put into one path. A link may hold 2,000 of them, and each entry below it would walk them all. */
const MAX_LINK_NAMES = 256;
/**
 * Folders that paths go through and no entry names: builders leave out few. A layer of 140 kB can ask for six million,
 * of which each takes 235 bytes; what would lie deeper is left out.
 */
const MAX_IMPLIED_FOLDERS = 1_000_000;

/**
 * The file system that layers make when they are unpacked one over another, in memory and by names alone. Symbolic
 * links in the way to a file are followed within the root, as runtimes do.
 */
export class FileTree {
  readonly root: TreeNode = directory(0);
  readonly #onGone: OnGone;
  #impliedFoldersLeft: number;

  constructor(onGone: OnGone, maxImpliedFolders = MAX_IMPLIED_FOLDERS) {
    this.#onGone = onGone;
    this.#impliedFoldersLeft = maxImpliedFolders;
  }

  /** Adds an entry of a layer, in place of what had its path. */
  add(entry: LayerEntry, layer: number): void {
    const { folder, name } = this.#locate(entry.path, layer);
    if (!folder || name === '') return;
    const old = folder.get(name);
    if (entry.kind === 'directory' && old?.children) folder.set(name, { ...old, layer });
    else this.#put(folder, name, this.#nodeOf(entry, layer), old);
  }

  /** Takes away what a whiteout names. */
  remove(path: string, layer: number): void {
    const { folder, name } = this.#locate(path, undefined);
    const node = folder?.get(name);
    if (!folder || !node) return;
    folder.delete(name);
    this.#drop(node, { layer, isDeleted: true });
  }

  /** Takes away what a folder holds. */
  clear(path: string, layer: number): void {
    const children = path === '' ? this.root.children : this.#find(path)?.children;
    if (!children) return;
    for (const node of children.values()) this.#drop(node, { layer, isDeleted: true });
    children.clear();
  }

  /** Every path and node, folders before what they hold. */
  *walk(): Generator<readonly [string, TreeNode]> {
    const open: [string, TreeNode][] = [['', this.root]];
    for (let next = open.pop(); next; next = open.pop()) {
      const [path, node] = next;
      if (path !== '') yield next;
      for (const [name, child] of node.children ?? []) open.push([path === '' ? name : `${path}/${name}`, child]);
    }
  }

  #put(folder: Map<string, TreeNode>, name: string, node: TreeNode, old: TreeNode | undefined): void {
    folder.set(name, node);
    const replacement = node.file && old?.file ? { replacement: node.file } : {};
    if (old) this.#drop(old, { layer: node.layer, isDeleted: false, ...replacement });
  }

  #nodeOf(entry: LayerEntry, layer: number): TreeNode {
    const { kind, path } = entry;
    if (kind === 'directory') return directory(layer);
    if (kind === 'symlink') return { kind, layer, target: entry.target };
    if (kind === 'file') {
      return { kind, layer, file: { path, layer, bytes: entry.size, hash: entry.hash, links: 1 } };
    }
    const linked = kind === 'hardlink' ? this.#find(entry.target) : undefined;
    if (!linked?.file) return { kind, layer };
    linked.file.links++;
    return { kind: 'file', layer, file: linked.file };
  }

  #drop(node: TreeNode, change: Change): void {
    const dropped: TreeNode[] = [node];
    for (let next = dropped.pop(); next; next = dropped.pop()) {
      if (next.children) dropped.push(...next.children.values());
      if (!next.file) continue;
      next.file.links--;
      if (next.file.links === 0) this.#onGone(next.file, change);
    }
  }

  #find(path: string): TreeNode | undefined {
    const { folder, name } = this.#locate(path, undefined);
    return folder?.get(name);
  }

  /**
   * The folder that holds a path's last name.
   * @param makeFor the layer for which missing folders are made; undefined makes none
   */
  #locate(path: string, makeFor: number | undefined): { folder?: Map<string, TreeNode>; name: string } {
    const names = path.split('/');
    const name = names.pop() ?? '';
    const folder = this.#enter(names, makeFor);
    return { ...(folder ? { folder } : {}), name };
  }

  #enter(names: readonly string[], makeFor: number | undefined): Map<string, TreeNode> | undefined {
    const way: Map<string, TreeNode>[] = [];
    const todo = [...names].reverse();
    let here = childrenOf(this.root);
    let links = 0;
    let linkNames = 0;
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        here = way.pop() ?? childrenOf(this.root);
        continue;
      }
      const node = here.get(name);
      const linked = node?.target?.split('/');
      if (linked && ++links <= MAX_LINKS && linkNames + linked.length <= MAX_LINK_NAMES) {
        linkNames += linked.length;
        todo.push(...linked.reverse());
        if (!node?.target?.startsWith('/')) continue;
        way.length = 0;
        here = childrenOf(this.root);
        continue;
      }
      const next = node?.children ?? this.#makeFolder(here, name, makeFor);
      if (!next) return undefined;
      way.push(here);
      here = next;
    }
    return here;
  }

  #makeFolder(
    parent: Map<string, TreeNode>,
    name: string,
    layer: number | undefined,
  ): Map<string, TreeNode> | undefined {
    if (layer === undefined || this.#impliedFoldersLeft-- <= 0) return undefined;
    const made = directory(layer);
    this.#put(parent, name, made, parent.get(name));
    return made.children;
  }
}

function directory(layer: number): TreeNode & { children: Map<string, TreeNode> } {
  return { kind: 'directory', layer, children: new Map() };
}

function childrenOf(node: TreeNode): Map<string, TreeNode> {
  return node.children ?? new Map();
}
