import { asItemFailure } from '../errors.ts';
import type { Digest } from '../oci/digest.ts';
import { MAX_CONFIG_BYTES } from '../oci/image-config.ts';
import { parseJsonObject } from '../oci/json.ts';
import type { ManifestTree, ReadingContext } from './manifest-tree.ts';
import { type NeededBlob, neededBlobs } from './needed-blobs.ts';

/** A blob that manifests of a batch are read with. */
interface BatchBlob extends NeededBlob {
  /** All manifests that it is read for. */
  readonly wantedBy: Digest[];
  /** Those that cannot be assessed without it. */
  readonly neededBy: Digest[];
}

/**
 * Reads the configs and provenance of all manifests that a batch has read; those that are stored already from the
 * database. Manifests whose blob cannot be read fail in the tree.
 */
export async function readBlobs(context: ReadingContext, tree: ManifestTree): Promise<ReadonlyMap<Digest, Uint8Array>> {
  const needed = blobsOf(tree, context);
  const bodies = new Map(await context.known.readBodies([...needed.keys()]));
  const missing = [...needed.values()].filter(({ blob }) => !bodies.has(blob.digest));
  await Promise.all(missing.map((blob) => readBlob(blob, context, tree, bodies)));
  return bodies;
}

/** Each blob once: several manifests may share a config. */
function blobsOf(tree: ManifestTree, { settings }: ReadingContext): ReadonlyMap<Digest, BatchBlob> {
  const needed = new Map<Digest, BatchBlob>();
  for (const { fetched, manifest } of tree.manifests()) {
    for (const { blob, optional } of neededBlobs(manifest, settings)) {
      const entry = needed.get(blob.digest) ?? { blob, optional, wantedBy: [], neededBy: [] };
      entry.wantedBy.push(fetched.digest);
      if (!optional) entry.neededBy.push(fetched.digest);
      needed.set(blob.digest, entry);
    }
  }
  return needed;
}

async function readBlob(
  { blob, optional, neededBy, wantedBy }: BatchBlob,
  { registry, repository, options }: ReadingContext,
  tree: ManifestTree,
  bodies: Map<Digest, Uint8Array>,
): Promise<void> {
  try {
    const body = await registry.readBlob(repository, blob, { ...options, maxBytes: MAX_CONFIG_BYTES });
    // A malformed provenance statement is left out, without a failure. Configs are parsed when their rows are made.
    if (optional) parseJsonObject(body, 'provenance');
    bodies.set(blob.digest, body);
  } catch (error) {
    const failure = asItemFailure(error);
    // A manifest that is stored is never read again: without this, its provenance would be lost for good.
    const failed = failure.retry.kind === 'backoff' ? wantedBy : neededBy;
    for (const digest of failed) tree.fail(digest, failure);
  }
}
