import { LRUCache } from 'lru-cache';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { BlobReader, ListedRepository, Registry } from './registry.ts';

type ReadBlob = BlobReader['readBlob'];

/** Configs are a few kilobytes each: those of thousands of images, more than are read at a time. What is older is kept. */
const MAX_BYTES = 8_000_000;

/**
 * The same registry, asked once for a small blob that several repositories want at about the same time: an image that
 * was promoted from one to the next has one config. One repository's failure is not another's.
 */
export function shareBlobs(registry: Registry): Registry {
  const known = new LRUCache<Digest, Promise<Uint8Array>>({ maxSize: MAX_BYTES });
  const readOnce: ReadBlob = (repository, blob, options) => {
    const reading = registry.readBlob(repository, blob, options);
    known.set(blob.digest, reading, { size: Math.max(1, blob.size) });
    reading.catch(() => known.delete(blob.digest));
    return reading;
  };
  const readBlob: ReadBlob = async (repository: ListedRepository, blob: Descriptor, options) => {
    const earlier = known.get(blob.digest);
    if (!earlier) return readOnce(repository, blob, options);
    return (await earlier.catch(() => undefined)) ?? readBlob(repository, blob, options);
  };
  return {
    listRepositories: (options) => registry.listRepositories(options),
    listManifests: (repository, options) => registry.listManifests(repository, options),
    readTag: (...question) => registry.readTag(...question),
    readManifests: (...question) => registry.readManifests(...question),
    readBlob,
    openBlob: (...question) => registry.openBlob(...question),
    ...(registry.dedupScope ? { dedupScope: registry.dedupScope.bind(registry) } : {}),
    close: () => registry.close(),
  };
}
