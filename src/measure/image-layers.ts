import type { ImageVerdict, LayerVerdict } from '../classify/verdict.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageManifest } from '../oci/manifest.ts';

/** A layer of an image, with the verdict on it. */
export interface ImageLayer extends LayerVerdict {
  /** Its index in the manifest, base first, from 0. */
  readonly position: number;
  readonly digest: Digest;
  /** Compressed size. */
  readonly bytes: number;
}

const NO_VERDICT: LayerVerdict = { class: 'none', instruction: '' };

/** The layers of an image, base first. */
export function imageLayers(image: {
  readonly manifest: ImageManifest;
  readonly verdict: Pick<ImageVerdict, 'layers'>;
}): readonly ImageLayer[] {
  return image.manifest.layers.map(({ digest, size }, position) => {
    return { position, digest, bytes: size, ...(image.verdict.layers[position] ?? NO_VERDICT) };
  });
}
