import { needsConfig } from '../oci/content-kind.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { MAX_CONFIG_BYTES } from '../oci/image-config.ts';
import type { ImageManifest, Manifest } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import type { SourceSettings } from '../settings/settings.ts';

export interface NeededBlob {
  readonly blob: Descriptor;
  /** What it is of is judged without it, too. */
  readonly optional: boolean;
}

/** What is read of a manifest to judge it. */
export function neededBlobs(
  manifest: Manifest,
  { provenance }: Pick<SourceSettings, 'provenance'>,
): readonly NeededBlob[] {
  if (manifest.form !== 'manifest') return [];
  return [
    ...(needsConfig(manifest) ? [{ blob: manifest.config, optional: false }] : []),
    ...(provenance ? provenanceOf(manifest) : []).map((blob) => ({ blob, optional: true })),
  ];
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
