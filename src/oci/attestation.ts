import type { Descriptor } from './descriptor.ts';
import { type Digest, isDigest } from './digest.ts';
import { MAX_CONFIG_BYTES } from './image-config.ts';
import type { ImageManifest } from './manifest.ts';
import { MEDIA_TYPE } from './media-type.ts';

/**
 * The image that an attestation in an index speaks of.
 * @see docs.docker.com, "Image attestation storage": annotations vnd.docker.reference.type and .digest
 */
export function describesOf(child: Descriptor): Digest | undefined {
  if (child.annotations['vnd.docker.reference.type'] !== 'attestation-manifest') return undefined;
  const digest = child.annotations['vnd.docker.reference.digest'] ?? '';
  return isDigest(digest) ? digest : undefined;
}

/** The layers of an attestation that hold build provenance; a bill of materials is of no use here, and large. */
export function provenanceOf(manifest: ImageManifest): readonly Descriptor[] {
  return manifest.layers.filter(
    ({ mediaType, size, annotations }) =>
      mediaType === MEDIA_TYPE.inToto &&
      size <= MAX_CONFIG_BYTES &&
      (annotations['in-toto.io/predicate-type'] ?? '').includes('slsa.dev/provenance'),
  );
}
