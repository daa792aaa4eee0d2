import type { LayerEntry } from '../entries.ts';

/** The content of a file, shared by all hard links to it. */
export interface StoredFile {
  /** Its path in the layer that stores it. */
  readonly path: string;
  /** The layer that stores it, from 0. */
  readonly layer: number;
  readonly bytes: number;
  /** The hash of its content, as in LayerEntry; empty without content. */
  readonly hash: string;
  /** The number of paths in the final file system that lead to it. */
  links: number;
}

/** A node of the file system: a file, a symbolic link, a folder, or, without any of their members, something else. */
export interface TreeNode {
  /** The layer that put it there. */
  readonly layer: number;
  readonly file?: StoredFile;
  /** The target of a symbolic link, as written. */
  readonly target?: string;
  readonly children?: Map<string, TreeNode>;
}

/** What removed the last path to a stored file. */
export interface Change {
  readonly layer: number;
  readonly isDeleted: boolean;
  /** The file that is at the path now. */
  readonly replacement?: StoredFile;
}

/** Called when the last path to a stored file is removed. */
export type OnHidden = (file: StoredFile, by: Change) => void;

/** As Linux does (path_resolution(7)): following more symbolic links than this is a loop. */
const MAX_LINKS = 40;
/**
 * Maximum number of path components that symbolic links add to one path. A link may have 2,000, and every entry below
 * it would have to walk them all.
 */
const MAX_LINK_NAMES = 256;
/**
 * Maximum number of folders that appear in paths but have no entry. Builders leave out few such entries. A layer of 140
 * kB can imply six million folders of 235 bytes of memory each; entries in folders over the limit are left out.
 */
const MAX_IMPLIED_FOLDERS = 1_000_000;

/**
 * The file system that results from unpacking layers one over another, in memory and without contents. Symbolic links
 * in paths are followed within the root, as container runtimes do.
 */
export class FileTree {
  readonly root = directory(0);
  readonly #onHidden: OnHidden;
  #impliedFoldersLeft: number;

  constructor(onHidden: OnHidden, maxImpliedFolders = MAX_IMPLIED_FOLDERS) {
    this.#onHidden = onHidden;
    this.#impliedFoldersLeft = maxImpliedFolders;
  }

  /** Adds an entry of a layer, replacing what was at its path. */
  add(entry: LayerEntry, layer: number): void {
    const { folder, name } = this.#locate(entry.path, layer);
    if (!folder || name === '') return;
    const old = folder.get(name);
    if (entry.kind === 'directory' && old?.children) folder.set(name, { ...old, layer });
    else this.#put(folder, name, this.#nodeOf(entry, layer), old);
  }

  /** Removes the path that a whiteout names. */
  remove(path: string, layer: number): void {
    const { folder, name } = this.#locate(path, undefined);
    const node = folder?.get(name);
    if (!folder || !node) return;
    folder.delete(name);
    this.#drop(node, { layer, isDeleted: true });
  }

  /** Removes everything in a folder. */
  clear(path: string, layer: number): void {
    const children = path === '' ? this.root.children : this.#find(path)?.children;
    if (!children) return;
    for (const node of children.values()) this.#drop(node, { layer, isDeleted: true });
    children.clear();
  }

  /** Yields every path with its node, folders before their content. */
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
    if (kind === 'symlink') return { layer, target: entry.target };
    if (kind === 'file') return { layer, file: { path, layer, bytes: entry.size, hash: entry.hash, links: 1 } };
    const linked = kind === 'hardlink' ? this.#find(entry.target) : undefined;
    if (!linked?.file) return { layer };
    linked.file.links++;
    return { layer, file: linked.file };
  }

  #drop(node: TreeNode, change: Change): void {
    const dropped: TreeNode[] = [node];
    for (let next = dropped.pop(); next; next = dropped.pop()) {
      for (const child of next.children?.values() ?? []) dropped.push(child);
      if (!next.file) continue;
      next.file.links--;
      if (next.file.links === 0) this.#onHidden(next.file, change);
    }
  }

  #find(path: string): TreeNode | undefined {
    const { folder, name } = this.#locate(path, undefined);
    return folder?.get(name);
  }

  /**
   * Finds the folder that contains the last component of a path.
   * @param layerToCreateFor the layer to create missing folders for; undefined: create none
   */
  #locate(path: string, layerToCreateFor: number | undefined) {
    const names = path.split('/');
    const name = names.pop() ?? '';
    return { folder: this.#enter(names, layerToCreateFor), name };
  }

  #enter(names: readonly string[], layerToCreateFor: number | undefined): Map<string, TreeNode> | undefined {
    const root = this.root.children;
    /** The folders entered below the root, the present one last. */
    const entered: Map<string, TreeNode>[] = [];
    const todo = names.toReversed();
    let links = 0;
    let linkNames = 0;
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      if (name === '' || name === '.') continue;
      const here = entered.at(-1) ?? root;
      const node = here.get(name);
      const linked = node?.target?.split('/');
      if (name === '..') entered.pop();
      else if (linked && ++links <= MAX_LINKS && linkNames + linked.length <= MAX_LINK_NAMES) {
        linkNames += linked.length;
        todo.push(...linked.reverse());
        if (node?.target?.startsWith('/')) entered.length = 0;
      } else {
        const next = node?.children ?? this.#createFolder(here, name, layerToCreateFor);
        if (!next) return undefined;
        entered.push(next);
      }
    }
    return entered.at(-1) ?? root;
  }

  #createFolder(
    parent: Map<string, TreeNode>,
    name: string,
    layer: number | undefined,
  ): Map<string, TreeNode> | undefined {
    if (layer === undefined || this.#impliedFoldersLeft-- <= 0) return undefined;
    const created = directory(layer);
    this.#put(parent, name, created, parent.get(name));
    return created.children;
  }
}

function directory(layer: number): TreeNode & { children: Map<string, TreeNode> } {
  return { layer, children: new Map() };
}
