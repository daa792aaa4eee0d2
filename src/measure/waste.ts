/** What reading one layer showed of bytes that no one needs; file bytes, uncompressed. */
export interface LayerWaste {
  /** Files that a later layer removes. */
  readonly deletedBytes: number;
  /** Files that a later layer writes again. */
  readonly rewrittenBytes: number;
  /** Further copies of files that the image shows more than once. */
  readonly duplicateBytes: number;
}

/** An image's waste: the sum of its layers', and the two parts that no file system shows. */
export interface Waste extends LayerWaste {
  /** Bytes that are pulled and never seen: deleted and rewritten. Copies are seen, so they do not count. */
  readonly wastedBytes: number;
}

/** Adds up the waste of an image's layers. */
export function addWaste(layers: readonly LayerWaste[]): Waste {
  let deletedBytes = 0;
  let rewrittenBytes = 0;
  let duplicateBytes = 0;
  for (const layer of layers) {
    deletedBytes += layer.deletedBytes;
    rewrittenBytes += layer.rewrittenBytes;
    duplicateBytes += layer.duplicateBytes;
  }
  return { deletedBytes, rewrittenBytes, duplicateBytes, wastedBytes: deletedBytes + rewrittenBytes };
}
