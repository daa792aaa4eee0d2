import type { Area } from './areas.ts';
import type { FileSize, LayerContents, OsRelease } from './contents.ts';
import { readEntries } from './entries.ts';
import { FileTree } from './file-tree.ts';
import type { LayerPackage } from './packages/package.ts';
import { findWhiteout } from './path.ts';
import { reportStack, WasteLedger } from './stack-report.ts';

/**
 * Why bytes of a layer cannot be seen. `deleted`: a whiteout or an opaque directory hides them. `rewritten`: the same
 * content was written again to the same path, as by chown, chmod or touch. `replaced`: something else is at the path.
 */
export type WasteCause = 'deleted' | 'rewritten' | 'replaced';

/** A file in a layer that the final file system does not show. */
export interface WastedFile extends FileSize {
  readonly cause: WasteCause;
  /** Layer that holds it, from 0. */
  readonly layer: number;
  /** Layer that hides it. */
  readonly hiddenBy: number;
}

/** Wasted bytes by cause. */
export type Waste = Readonly<Record<WasteCause, number>>;

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
  readonly areas: Readonly<Partial<Record<Area, number>>>;
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
  return reportStack(layers, ledger, tree);
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
