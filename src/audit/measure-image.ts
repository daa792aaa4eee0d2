import type { DistroVerdict } from '../classify/distro.ts';
import type { ImageVerdict } from '../classify/verdict.ts';
import type { LayerContents, OsRelease } from '../deep/contents.ts';
import type { StackReport } from '../deep/stack.ts';
import { summarizeLayers } from '../deep/summary.ts';
import type { AuditedImage } from '../policy/audited-image.ts';
import { baseLayerCount } from '../policy/image-view.ts';

/** An image whose layers were all read. Sizes are bytes, not compressed. */
export interface ImageMeasurement {
  readonly image: AuditedImage;
  readonly stack: StackReport;
  /** Of the layers' tars: what a pull unpacks. */
  readonly uncompressedBytes: number;
  /** What the image's own layers hide of files. */
  readonly wastedBytes: number;
}

/**
 * Adds to an image what its layers hold: measurements for the rules, and the distribution as `os-release` names it.
 * @param layers base first, all of them
 */
export function measureImage(image: AuditedImage, layers: readonly LayerContents[]): ImageMeasurement {
  const { stack, layers: contents } = summarizeLayers(layers, baseLayerCount(image));
  return {
    image: { ...image, contents, verdict: withRelease(image.verdict, stack.release) },
    stack,
    uncompressedBytes: layers.reduce((sum, { tarBytes }) => sum + tarBytes, 0),
    wastedBytes: stack.ownWastedBytes,
  };
}

/** What os-release(5) allows, and of a sane length: the file is anybody's. */
const NAME = /^[a-z0-9._-]{1,64}$/;
const VERSION = /^[\w.+~-]{0,64}$/;

/** The file proves the distribution; a version that is known closer than the file tells it (`7.6` of `7`) stays. */
function withRelease(verdict: ImageVerdict, release: OsRelease | undefined): ImageVerdict {
  if (!release || !NAME.test(release.id) || !VERSION.test(release.versionId)) return verdict;
  const { id, versionId } = release;
  const known = verdict.distro?.value;
  const isCloser = known?.id === id && known.version !== undefined && isPartOf(versionId, known.version);
  if (isCloser) return verdict;
  const value = { id, ...(versionId === '' ? {} : { version: versionId }) };
  const distro: DistroVerdict = { value, confidence: 'proven', evidence: 'os-release' };
  return { ...verdict, distro };
}

function isPartOf(version: string, closer: string): boolean {
  return version === '' || closer.startsWith(`${version}.`);
}
