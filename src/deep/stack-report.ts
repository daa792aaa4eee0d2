import { groupBy } from '../common/group-by.ts';
import { sum } from '../common/sum.ts';
import { type Area, areaOf } from './areas.ts';
import { Largest } from './capped-list.ts';
import type { FileSize, LayerContents, OsRelease } from './contents.ts';
import { toolOf } from './development.ts';
import type { Change, FileTree, StoredFile } from './file-tree.ts';
import { OS_RELEASE_PATHS } from './os-release.ts';
import { npmPackageFolder } from './packages/npm.ts';
import type { LayerPackage } from './packages/package.ts';
import type { LayerUse, StackReport, Waste, WasteCause, WastedFile } from './stack.ts';

/** The length of the lists of largest files. */
const TOP = 50;

type Tally = { -readonly [Cause in keyof Waste]: number };

/** Records which bytes are hidden while layers are laid one over another. */
export class WasteLedger {
  /** Bytes that layers above the base hide. */
  ownBytes = 0;
  readonly #largest = new Largest<WastedFile>(TOP);
  readonly #wasted: readonly Tally[];
  readonly #baseLayers: number;

  constructor(layerCount: number, baseLayers: number) {
    this.#wasted = Array.from({ length: layerCount }, noWaste);
    this.#baseLayers = baseLayers;
  }

  get largest(): readonly WastedFile[] {
    return this.#largest.items;
  }

  record(file: StoredFile, by: Change): void {
    if (file.bytes === 0) return;
    const cause = causeOf(file, by);
    const { path, bytes, layer } = file;
    this.#largest.add({ path, bytes, cause, layer, hiddenBy: by.layer });
    const wasted = this.#wasted[layer];
    if (wasted) wasted[cause] += bytes;
    if (by.layer >= this.#baseLayers) this.ownBytes += bytes;
  }

  wastedOf(layer: number): Waste {
    return this.#wasted[layer] ?? noWaste();
  }
}

function causeOf(file: StoredFile, { isDeleted, replacement }: Change): WasteCause {
  if (isDeleted) return 'deleted';
  return replacement?.hash === file.hash && replacement.bytes === file.bytes ? 'rewritten' : 'replaced';
}

/**
 * Reports what the final file system shows, and what lies hidden beneath it.
 * @param layers base first
 * @param ledger what was hidden while `tree` was built from `layers`
 */
export function reportStack(layers: readonly LayerContents[], ledger: WasteLedger, tree: FileTree): StackReport {
  const view = new VisibleFiles(tree);
  const uses = layers.map((_, layer) => view.useOf(layer, ledger));
  const release = releaseOf(layers, view);
  return {
    fileBytes: sum(uses.map((use) => use.fileBytes)),
    usefulBytes: sum(uses.map((use) => use.usefulBytes)),
    wastedBytes: sum(uses.map((use) => use.wastedBytes)),
    ownWastedBytes: ledger.ownBytes,
    wasted: totalOf(uses.map((use) => use.wasted)),
    duplicateBytes: sum(uses.map((use) => use.duplicateBytes)),
    files: view.files,
    layers: uses,
    wastedFiles: ledger.largest,
    largest: view.largest,
    setuid: layers.flatMap(({ setuid }, layer) => view.visible(setuid, layer)),
    sensitive: layers.flatMap(({ sensitive }, layer) =>
      sensitive.map((file) => ({ ...file, layer, isHidden: !view.shows(file.path, layer) })),
    ),
    ...(release ? { release } : {}),
    packages: packagesOf(layers, view),
    unread: layers
      .flatMap(({ unread }, layer) => view.visible(unread, layer))
      .map(({ path, reason }) => {
        return { path, reason };
      }),
  };
}

/** What the final file system shows of one layer. */
class VisibleLayer {
  readonly paths = new Set<string>();
  readonly areas = new Map<Area, number>();
  readonly tools = new Map<string, number>();
  usefulBytes = 0;
  duplicateBytes = 0;
}

/** What the final file system shows, collected in one walk. */
class VisibleFiles {
  files = 0;
  readonly #largest = new Largest<FileSize & { layer: number }>(TOP);
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
    return this.#layer(layer).paths.has(path);
  }

  visible<T extends { readonly path: string }>(items: readonly T[], layer: number): (T & { layer: number })[] {
    return items.filter((item) => this.shows(item.path, layer)).map((item) => ({ ...item, layer }));
  }

  /**
   * Adds to an npm package's bytes those that are hard-linked into its folder; when its layer was read, only files
   * stored there were counted.
   */
  withLinkedBytes<T extends LayerPackage>(found: T): T {
    const linked = this.#linkedBytes.get(npmPackageFolder(found.path) ?? '');
    return linked === undefined || found.ecosystem !== 'npm' ? found : { ...found, bytes: (found.bytes ?? 0) + linked };
  }

  useOf(layer: number, ledger: WasteLedger): LayerUse {
    const { usefulBytes, duplicateBytes, areas, tools } = this.#layer(layer);
    const wasted = ledger.wastedOf(layer);
    return {
      fileBytes: usefulBytes + wasteOf(wasted),
      usefulBytes,
      wastedBytes: wasteOf(wasted),
      wasted,
      duplicateBytes,
      areas: Object.fromEntries(areas) as LayerUse['areas'],
      tools: [...tools].map(([name, bytes]) => ({ name, bytes })),
    };
  }

  #layer(position: number): VisibleLayer {
    const known = this.#layers.get(position);
    if (known) return known;
    const layer = new VisibleLayer();
    this.#layers.set(position, layer);
    return layer;
  }

  /** Lists visible stored files, each once however many hard links lead to it. */
  #walk(tree: FileTree): StoredFile[] {
    const seen = new Map<StoredFile, Area | undefined>();
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
    this.#layer(layer).paths.add(path);
    const folder = npmPackageFolder(path);
    if (folder !== undefined && npmPackageFolder(stored) === undefined)
      this.#linkedBytes.set(folder, (this.#linkedBytes.get(folder) ?? 0) + bytes);
  }

  #count({ path, bytes, layer }: StoredFile, area: Area | undefined): void {
    this.files++;
    this.#largest.add({ path, bytes, layer });
    const visible = this.#layer(layer);
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
      for (const { layer, bytes } of copies) this.#layer(layer).duplicateBytes += bytes;
    }
  }
}

/** Picks `/etc/os-release` before `/usr/lib/os-release`, and that of the topmost layer before others. */
function releaseOf(layers: readonly LayerContents[], view: VisibleFiles): OsRelease | undefined {
  const shown = layers.flatMap(({ releases }, layer) => view.visible(releases, layer)).reverse();
  const found = OS_RELEASE_PATHS.map((path) => shown.find((release) => release.path === path)).find(Boolean);
  if (!found) return undefined;
  const { path, id, versionId, prettyName } = found;
  return { path, id, versionId, prettyName };
}

/**
 * Lists visible packages. A layer that changes a package database contains all of it, so a package belongs to the first
 * layer that lists it.
 */
function packagesOf(layers: readonly LayerContents[], view: VisibleFiles): StackReport['packages'] {
  const first = new Map<string, number>();
  layers.forEach(({ packages }, layer) => {
    for (const found of packages) if (!first.has(identityOf(found))) first.set(identityOf(found), layer);
  });
  const visible = layers.flatMap(({ packages }, layer) => view.visible(packages, layer));
  return visible.map((found) => ({
    ...view.withLinkedBytes(found),
    layer: first.get(identityOf(found)) ?? found.layer,
  }));
}

function identityOf({ ecosystem, name, version, path }: LayerPackage): string {
  return `${ecosystem} ${name} ${version} ${path}`;
}

function noWaste(): Tally {
  return { deleted: 0, rewritten: 0, replaced: 0 };
}

function wasteOf({ deleted, rewritten, replaced }: Waste): number {
  return deleted + rewritten + replaced;
}

function totalOf(wastes: readonly Waste[]): Waste {
  const total = noWaste();
  for (const waste of wastes) {
    total.deleted += waste.deleted;
    total.rewritten += waste.rewritten;
    total.replaced += waste.replaced;
  }
  return total;
}
