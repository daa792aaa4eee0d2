import { sum } from '../../common/sum.ts';
import type { FileSize, LayerContents, OsRelease } from '../contents.ts';
import { readEntries } from '../entries.ts';
import { OS_RELEASE_PATHS } from '../os-release.ts';
import type { LayerPackage } from '../packages/package.ts';
import { findWhiteout } from '../whiteout.ts';
import { FileTree } from './file-tree.ts';
import { VisibleFiles, type VisibleLayer } from './visible-files.ts';
import { type Waste, type WastedFile, WasteLedger } from './waste.ts';

/** What one layer contributes. All sizes are uncompressed bytes of file contents. */
export interface LayerUse {
  /** The sum of `usefulBytes` and `wastedBytes`. */
  readonly fileBytes: number;
  /** Bytes that the final file system shows. */
  readonly usefulBytes: number;
  /** Bytes in this layer that are hidden by a later one, or by a later entry of its own. */
  readonly wastedBytes: number;
  readonly wasted: Waste;
  /** Bytes of visible files whose content is also at an earlier path of the image. */
  readonly duplicateBytes: number;
  /** Visible bytes in each area that occurs. */
  readonly areas: Readonly<Record<string, number>>;
  /** Visible compilers and build tools. */
  readonly tools: readonly { readonly name: string; readonly bytes: number }[];
}

/** An image's file system and what is hidden beneath it. All sizes are uncompressed bytes of file contents. */
export interface StackReport {
  /** The sum of `usefulBytes` and `wastedBytes` of all layers. */
  readonly fileBytes: number;
  /** Bytes that the final file system shows, hard links counted once. */
  readonly usefulBytes: number;
  readonly wastedBytes: number;
  /** The part of `wastedBytes` that layers above the base hide: what the image's own build can avoid. */
  readonly ownWastedBytes: number;
  readonly wasted: Waste;
  /** Useful bytes that are copies of others; not a part of `wastedBytes`. */
  readonly duplicateBytes: number;
  readonly files: number;
  /** One for each layer, base first. */
  readonly layers: readonly LayerUse[];
  /** The largest wasted files. */
  readonly wastedFiles: readonly WastedFile[];
  readonly largest: readonly (FileSize & { readonly layer: number })[];
  readonly setuid: readonly { readonly path: string; readonly mode: number; readonly layer: number }[];
  /** Files named like secrets. A hidden one can still be read from its layer. */
  readonly sensitive: readonly (FileSize & { readonly layer: number; readonly isHidden: boolean })[];
  readonly release?: OsRelease;
  /** Packages declared by visible databases and manifests; `layer` is the one that added the package. */
  readonly packages: readonly (LayerPackage & { readonly layer: number })[];
  /** Visible package databases that were not read. */
  readonly unread: LayerContents['unread'];
}

/**
 * Lays layers one over another, and reports what stays visible.
 * @param layers all layers of the image, base first
 * @param baseLayers the number of layers that belong to the base image
 */
export function stackLayers(layers: readonly LayerContents[], baseLayers: number): StackReport {
  const ledger = new WasteLedger(layers.length, baseLayers);
  const tree = new FileTree((file, by) => ledger.record(file, by));
  for (const [index, layer] of layers.entries()) {
    if (layer.whiteouts > 0) applyWhiteouts(tree, layer, index);
    for (const entry of readEntries(layer.entries)) if (!findWhiteout(entry.path)) tree.add(entry, index);
  }
  return reportOf(layers, ledger, new VisibleFiles(tree));
}

/**
 * Removes what a layer's whiteouts name. They apply to the layers below, wherever in the layer they are.
 * @see image-spec, layer.md, "Whiteouts"
 */
function applyWhiteouts(tree: FileTree, { entries }: LayerContents, index: number): void {
  for (const { path } of readEntries(entries)) {
    const whiteout = findWhiteout(path);
    if (whiteout?.kind === 'remove') tree.remove(whiteout.path, index);
    else if (whiteout?.kind === 'opaque') tree.clear(whiteout.directory, index);
  }
}

function reportOf(layers: readonly LayerContents[], ledger: WasteLedger, view: VisibleFiles): StackReport {
  const uses = layers.map((_, layer) => useOf(view.layer(layer), ledger.wastedOf(layer)));
  const release = releaseOf(layers, view);
  return {
    fileBytes: sum(uses.map((use) => use.fileBytes)),
    usefulBytes: sum(uses.map((use) => use.usefulBytes)),
    wastedBytes: sum(uses.map((use) => use.wastedBytes)),
    ownWastedBytes: ledger.ownBytes,
    wasted: ledger.total(),
    duplicateBytes: sum(uses.map((use) => use.duplicateBytes)),
    files: view.files,
    layers: uses,
    wastedFiles: ledger.largest,
    largest: view.largest,
    setuid: layers.flatMap(({ setuid }, layer) => view.visible(setuid, layer).map((file) => ({ ...file, layer }))),
    sensitive: layers.flatMap(({ sensitive }, layer) =>
      sensitive.map((file) => ({ ...file, layer, isHidden: !view.shows(file.path, layer) })),
    ),
    ...(release ? { release } : {}),
    packages: packagesOf(layers, view),
    unread: layers.flatMap(({ unread }, layer) => view.visible(unread, layer)),
  };
}

function useOf({ usefulBytes, duplicateBytes, areas, tools }: VisibleLayer, wasted: Waste): LayerUse {
  const wastedBytes = wasted.deleted + wasted.rewritten + wasted.replaced;
  return {
    fileBytes: usefulBytes + wastedBytes,
    usefulBytes,
    wastedBytes,
    wasted,
    duplicateBytes,
    areas: Object.fromEntries(areas),
    tools: [...tools].map(([name, bytes]) => ({ name, bytes })),
  };
}

/** Picks `/etc/os-release` before `/usr/lib/os-release`, and that of the topmost layer before others. */
function releaseOf(layers: readonly LayerContents[], view: VisibleFiles): OsRelease | undefined {
  const shown = layers.flatMap(({ releases }, layer) => view.visible(releases, layer));
  return OS_RELEASE_PATHS.map((path) => shown.findLast((release) => release.path === path)).find(Boolean);
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
  return layers.flatMap(({ packages }, layer) =>
    view.visible(packages, layer).map((found) => ({
      ...view.withLinkedBytes(found),
      layer: first.get(identityOf(found)) ?? layer,
    })),
  );
}

function identityOf({ ecosystem, name, version, path }: LayerPackage): string {
  return `${ecosystem} ${name} ${version} ${path}`;
}
