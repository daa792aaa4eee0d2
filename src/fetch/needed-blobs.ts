import { provenanceLayers } from '../oci/attestation.ts';
import { needsConfig } from '../oci/content-kind.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import type { SourceSettings } from '../settings/settings.ts';

/** A blob that is read with its manifest. */
export interface NeededBlob {
  readonly blob: Descriptor;
  /** Whether its manifest can be assessed without it. */
  readonly optional: boolean;
}

/** The blobs needed to assess a manifest: its config if it is an image's, and provenance if that is wanted. */
export function neededBlobs(
  manifest: Manifest,
  { provenance }: Pick<SourceSettings, 'provenance'>,
): readonly NeededBlob[] {
  if (manifest.form !== 'manifest') return [];
  return [
    ...(needsConfig(manifest) ? [{ blob: manifest.config, optional: false }] : []),
    ...(provenance ? provenanceLayers(manifest) : []).map((blob) => ({ blob, optional: true })),
  ];
}
