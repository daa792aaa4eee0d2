import { groupBy } from '../../common/group-by.ts';
import { areaOf } from '../areas.ts';
import { Largest } from '../capped-list.ts';
import type { FileSize } from '../contents.ts';
import { toolOf } from '../development.ts';
import { npmPackageFolder } from '../packages/npm.ts';
import type { LayerPackage } from '../packages/package.ts';
import type { FileTree, StoredFile } from './file-tree.ts';

/** What the final file system shows of one layer. */
export class VisibleLayer {
  readonly paths = new Set<string>();
  readonly areas = new Map<string, number>();
  readonly tools = new Map<string, number>();
  usefulBytes = 0;
  duplicateBytes = 0;
}

/** What the final file system shows, collected in one walk. */
export class VisibleFiles {
  files = 0;
  readonly #largest = new Largest<FileSize & { layer: number }>();
  readonly #layers = new Map<number, VisibleLayer>();
  /**
   * By folder of an npm package: bytes of files that are stored elsewhere, as in pnpm's store, and hard-linked into the
   * folder.
   */
  readonly #linkedBytes = new Map<string, number>();

  constructor(tree: FileTree) {
    this.#countCopies(this.#walk(tree));
  }

  get largest(): readonly (FileSize & { layer: number })[] {
    return this.#largest.items;
  }

  shows(path: string, layer: number): boolean {
    return this.layer(layer).paths.has(path);
  }

  /** Those of a layer's items whose files the final file system shows. */
  visible<T extends { readonly path: string }>(items: readonly T[], layer: number): readonly T[] {
    return items.filter(({ path }) => this.shows(path, layer));
  }

  /**
   * Adds to an npm package's bytes those that are hard-linked into its folder; when its layer was read, only files
   * stored there were counted.
   */
  withLinkedBytes(found: LayerPackage): LayerPackage {
    const linked = this.#linkedBytes.get(npmPackageFolder(found.path) ?? '');
    return linked === undefined || found.ecosystem !== 'npm' ? found : { ...found, bytes: (found.bytes ?? 0) + linked };
  }

  /** What it shows of a layer, counted from 0. */
  layer(position: number): VisibleLayer {
    const known = this.#layers.get(position);
    if (known) return known;
    const layer = new VisibleLayer();
    this.#layers.set(position, layer);
    return layer;
  }

  /** Lists visible stored files, each once however many hard links lead to it. */
  #walk(tree: FileTree): readonly StoredFile[] {
    const seen = new Map<StoredFile, string | undefined>();
    for (const [path, { file }] of tree.walk()) {
      if (!file) continue;
      if (!seen.has(file)) seen.set(file, areaOf(file.path));
      // A file with another link outside the area would survive if the area were cleared: pnpm links its store into
      // node_modules.
      if (file.links > 1 && seen.get(file) !== areaOf(path)) seen.set(file, undefined);
      if (path !== file.path) this.#addLink(path, file);
    }
    for (const [file, area] of seen) this.#count(file, area);
    return [...seen.keys()];
  }

  #addLink(path: string, { path: stored, bytes, layer }: StoredFile): void {
    this.layer(layer).paths.add(path);
    const folder = npmPackageFolder(path);
    if (folder !== undefined && npmPackageFolder(stored) === undefined)
      this.#linkedBytes.set(folder, (this.#linkedBytes.get(folder) ?? 0) + bytes);
  }

  #count({ path, bytes, layer }: StoredFile, area: string | undefined): void {
    this.files++;
    this.#largest.add({ path, bytes, layer });
    const visible = this.layer(layer);
    visible.paths.add(path);
    visible.usefulBytes += bytes;
    if (area) visible.areas.set(area, (visible.areas.get(area) ?? 0) + bytes);
    const tool = toolOf(path);
    if (tool) visible.tools.set(tool, (visible.tools.get(tool) ?? 0) + bytes);
  }

  /** The copy in the lowest layer counts as the original, because copies are for the layers that add them to avoid. */
  #countCopies(files: readonly StoredFile[]): void {
    const groups = groupBy(
      files.filter(({ bytes }) => bytes > 0),
      ({ hash, bytes }) => `${hash} ${bytes}`,
    );
    for (const group of groups.values()) {
      const [, ...copies] = group.toSorted((a, b) => a.layer - b.layer);
      for (const { layer, bytes } of copies) this.layer(layer).duplicateBytes += bytes;
    }
  }
}
