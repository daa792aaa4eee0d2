import type { Area } from './areas.ts';
import type { AreaSize, FileSize, LayerContents, OsRelease } from './contents.ts';
import { readEntries } from './entries.ts';
import { FileTree } from './file-tree.ts';
import type { LayerPackage } from './packages/package.ts';
import { findWhiteout } from './path.ts';
import { reportStack, WasteLedger } from './stack-report.ts';

/**
 * Why bytes of a layer cannot be seen. `deleted`: a whiteout or an opaque folder. `rewritten`: the same content stands
 * there again, as chown, chmod and touch leave it. `replaced`: anything else has taken the path.
 */
export type WasteCause = 'deleted' | 'rewritten' | 'replaced';

/** A file that lies in a layer and that the final file system does not show. */
export interface WastedFile extends FileSize {
  readonly cause: WasteCause;
  /** Layer that holds it, from 0. */
  readonly layer: number;
  /** Layer that hides it. */
  readonly hiddenBy: number;
}

export type Waste = Readonly<Record<WasteCause, number>>;

/** What one layer adds. All bytes are of file contents, uncompressed. */
export interface LayerUse {
  /** `usefulBytes` and `wastedBytes` together. */
  readonly fileBytes: number;
  /** Shown by the final file system. */
  readonly usefulBytes: number;
  /** In this layer, hidden by a later one (or by a later entry of its own). */
  readonly wastedBytes: number;
  readonly wasted: Waste;
  /** In any layer, hidden by this one. */
  readonly hiddenBytes: number;
  readonly hidden: Waste;
  /** Visible files whose content stands at an earlier path of the image too. */
  readonly duplicateBytes: number;
  readonly areas: Readonly<Partial<Record<Area, AreaSize>>>;
  /** Visible compilers and build drivers. */
  readonly tools: readonly { readonly name: string; readonly bytes: number }[];
}

/** Files of equal content at several paths, hard links being one: the first's path, and the bytes of all others. */
export interface DuplicateGroup extends FileSize {
  /** How many there are beyond the first. */
  readonly copies: number;
  /** Some of their paths. */
  readonly paths: readonly string[];
}

/** An image's file system and what lies unseen beneath it. All bytes are of file contents, uncompressed, but one. */
export interface StackReport {
  /** Of all layers: `usefulBytes` and `wastedBytes` together. */
  readonly fileBytes: number;
  /** What the final file system shows, hard links counted once. */
  readonly usefulBytes: number;
  readonly wastedBytes: number;
  /** The part of `wastedBytes` that layers above the base hide: what the image's own build can mend. */
  readonly ownWastedBytes: number;
  /** An estimate of what `ownWastedBytes` take in the registry: each layer's share at that layer's own ratio. */
  readonly ownWastedCompressedBytes: number;
  readonly wasted: Waste;
  /** Useful bytes that are copies of others: not a part of `wastedBytes`. */
  readonly duplicateBytes: number;
  readonly files: number;
  readonly directories: number;
  /** One a layer, base first. */
  readonly layers: readonly LayerUse[];
  /** The largest. */
  readonly wastedFiles: readonly WastedFile[];
  /** By bytes beyond the first, largest first. */
  readonly duplicates: readonly DuplicateGroup[];
  readonly largest: readonly (FileSize & { readonly layer: number })[];
  readonly setuid: readonly { readonly path: string; readonly mode: number; readonly layer: number }[];
  /** Files named like secrets; a hidden one can still be read from its layer. */
  readonly sensitive: readonly (FileSize & { readonly layer: number; readonly isHidden: boolean })[];
  readonly release?: OsRelease;
  /** Of the databases and manifests that the final file system shows; `layer` is the one that brought the package. */
  readonly packages: readonly (LayerPackage & { readonly layer: number })[];
  /** Visible package databases that were not read. */
  readonly unread: LayerContents['unread'];
}

/**
 * Lays layers one over another, and adds up what stays in sight.
 * @param layers base first, all of the image
 * @param baseLayers how many of them are the base image's
 */
export function stackLayers(layers: readonly LayerContents[], baseLayers: number): StackReport {
  const ledger = new WasteLedger(layers.length);
  const tree = new FileTree((file, by) => ledger.onGone(file, by));
  layers.forEach((layer, index) => {
    unpack(tree, layer, index);
  });
  return reportStack(layers, baseLayers, ledger, tree);
}

/** Whiteouts speak of the layers below, wherever in the layer they stand. @see image-spec, layer.md, "Whiteouts" */
function unpack(tree: FileTree, layer: LayerContents, index: number): void {
  if (layer.whiteouts > 0) {
    for (const { path } of readEntries(layer.entries)) {
      const whiteout = findWhiteout(path);
      if (whiteout?.kind === 'remove') tree.remove(whiteout.path, index);
      else if (whiteout?.kind === 'opaque') tree.clear(whiteout.directory, index);
    }
  }
  for (const entry of readEntries(layer.entries)) if (!findWhiteout(entry.path)) tree.add(entry, index);
}
