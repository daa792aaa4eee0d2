import { LRUCache } from 'lru-cache';
import type { Digest } from '../oci/digest.ts';
import type { Registry } from './registry.ts';

type ReadBlob = Registry['readBlob'];

/** Room for the configs of thousands of images, more than are read at the same time. Older ones are in the database. */
const MAX_BYTES = 8_000_000;

/**
 * Wraps a registry so that a small blob that several repositories want at about the same time is read once: an image
 * that was promoted from one repository to the next has the same config. A failure in one does not fail the others.
 */
export function shareBlobs(registry: Registry): Registry {
  const known = new LRUCache<Digest, Promise<Uint8Array>>({ maxSize: MAX_BYTES });
  const readOnce: ReadBlob = (repository, blob, options) => {
    const reading = registry.readBlob(repository, blob, options);
    known.set(blob.digest, reading, { size: Math.max(1, blob.size) });
    reading.catch(() => known.delete(blob.digest));
    return reading;
  };
  const readBlob: ReadBlob = async (repository, blob, options) => {
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
