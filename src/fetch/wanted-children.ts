import { attestedImage } from '../oci/attestation.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageIndex } from '../oci/manifest.ts';
import { isIndexMediaType } from '../oci/media-type.ts';
import { isWantedName, platformMatches } from '../oci/platform.ts';
import type { SourceSettings } from '../settings/settings.ts';
import type { MissingChild } from '../store/index-store.ts';

/**
 * The children of an index that are read: images of the wanted platforms and, if wanted, their attestations. All of
 * them if all platforms are wanted.
 */
export function wantedChildren(
  index: ImageIndex,
  settings: Pick<SourceSettings, 'platforms' | 'provenance'>,
): readonly Digest[] {
  if (settings.platforms === 'all') return index.manifests.map(({ digest }) => digest);
  const images = index.manifests.filter((child) => isWantedImage(child, settings));
  const chosen = new Set(images.map(({ digest }) => digest));
  const describesChosen = (child: Descriptor): boolean => {
    const described = attestedImage(child);
    return described !== undefined && chosen.has(described);
  };
  const attestations = settings.provenance ? index.manifests.filter(describesChosen) : [];
  return [...new Set([...images, ...attestations].map(({ digest }) => digest))];
}

/** A child without a platform may be anything: only reading it tells. */
function isWantedImage(child: Descriptor, { platforms }: Pick<SourceSettings, 'platforms'>): boolean {
  if (attestedImage(child) !== undefined) return false;
  if (isIndexMediaType(child.mediaType)) return true;
  return child.platform === undefined || platformMatches(child.platform, platforms);
}

/** Whether a missing child of a stored index is wanted now: when the index was read it was not wanted, or it failed. */
export function isWantedLater(
  { platform, describes }: MissingChild,
  { platforms, provenance }: Pick<SourceSettings, 'platforms' | 'provenance'>,
): boolean {
  if (platforms === 'all') return true;
  if (describes !== undefined && !provenance) return false;
  return platform === undefined ? describes === undefined : isWantedName(platform, platforms);
}
