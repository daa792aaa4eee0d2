import { provenanceOf } from '../oci/attestation.ts';
import { needsConfig } from '../oci/content-kind.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
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
