import type { Descriptor } from './descriptor.ts';
import { type Digest, isDigest } from './digest.ts';
import { MAX_CONFIG_BYTES } from './image-config.ts';
import type { ImageManifest } from './manifest.ts';
import { MEDIA_TYPE } from './media-type.ts';

/**
 * The digest of the image that an index entry attests to; undefined if the entry is not an attestation.
 * @see docs.docker.com, "Image attestation storage": annotations vnd.docker.reference.type and .digest
 */
export function attestedImage(child: Descriptor): Digest | undefined {
  if (child.annotations['vnd.docker.reference.type'] !== 'attestation-manifest') return undefined;
  const digest = child.annotations['vnd.docker.reference.digest'] ?? '';
  return isDigest(digest) ? digest : undefined;
}

/**
 * The layers of an attestation that hold build provenance. Bills of materials are left out: they are large and unused.
 */
export function provenanceLayers(manifest: ImageManifest): readonly Descriptor[] {
  return manifest.layers.filter(
    ({ mediaType, size, annotations }) =>
      mediaType === MEDIA_TYPE.inToto &&
      size <= MAX_CONFIG_BYTES &&
      (annotations['in-toto.io/predicate-type'] ?? '').includes('slsa.dev/provenance'),
  );
}
