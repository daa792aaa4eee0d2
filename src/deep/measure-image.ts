import { type DistroVerdict, type ImageVerdict, signalOf } from '../classify/verdict.ts';
import { sum } from '../common/sum.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import { baseLayerCount } from '../policy/image-view.ts';
import type { LayerContents, OsRelease } from './contents.ts';
import { measuredLayers } from './stack/measured-layers.ts';
import { type StackReport, stackLayers } from './stack/stack-layers.ts';

/** An image whose layers were all read. Sizes are bytes, not compressed. */
export interface ImageMeasurement {
  readonly image: AuditedImage;
  readonly stack: StackReport;
  /** The size of all layers' tars: what a pull unpacks. */
  readonly uncompressedBytes: number;
  /** The size of files that the image's own layers delete or overwrite. */
  readonly wastedBytes: number;
}

/**
 * Adds what its layers contain to an image: measurements for the rules, and the distribution that `os-release` names.
 * Pure.
 * @param layers base first, all of them
 */
export function measureImage(image: AuditedImage, layers: readonly LayerContents[]): ImageMeasurement {
  const stack = stackLayers(layers, baseLayerCount(image));
  return {
    image: { ...image, contents: measuredLayers(stack), verdict: withRelease(image.verdict, stack.release) },
    stack,
    uncompressedBytes: sum(layers.map(({ tarBytes }) => tarBytes)),
    wastedBytes: stack.ownWastedBytes,
  };
}

/** What os-release(5) allows, of limited length: anybody may have written the file. */
const NAME = /^[a-z0-9._-]{1,64}$/;
const VERSION = /^[\w.+~-]{0,64}$/;

/** Adopts the distribution that the file names, as proven. A known version that is more exact (`7.6` for `7`) stays. */
function withRelease(verdict: ImageVerdict, release: OsRelease | undefined): ImageVerdict {
  if (!release || !NAME.test(release.id) || !VERSION.test(release.versionId)) return verdict;
  const { id, versionId } = release;
  const known = verdict.distro?.value;
  const isCloser = known?.id === id && known.version !== undefined && isPartOf(versionId, known.version);
  if (isCloser) return verdict;
  const value = { id, ...(versionId === '' ? {} : { version: versionId }) };
  const distro: DistroVerdict = { value, confidence: 'proven', evidence: 'os-release' };
  return { ...verdict, distro, signals: verdict.signals.concat(signalOf('distro', distro)) };
}

function isPartOf(version: string, closer: string): boolean {
  return version === '' || closer.startsWith(`${version}.`);
}
