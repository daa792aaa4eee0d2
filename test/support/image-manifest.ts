import { type Digest, digestOf } from '../../src/oci/digest.ts';
import type { ImageManifest } from '../../src/oci/manifest.ts';

/** The manifest of an image with these layers, base first; sizes are compressed bytes. */
export function imageManifest(layers: readonly { readonly digest: Digest; readonly size: number }[]): ImageManifest {
  return {
    form: 'manifest',
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf('config'),
      size: 1_000,
      annotations: {},
    },
    layers: layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
      annotations: {},
    })),
    annotations: {},
  };
}
