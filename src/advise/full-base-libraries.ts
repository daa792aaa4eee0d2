import { hasNodePackages, type Runtime, runtimeOf } from '../classify/verdict.ts';
import { sum } from '../common/sum.ts';
import type { ImageView } from '../policy/image-view.ts';
import { ownPackages } from './own-packages.ts';

/** Runtimes whose full images on Debian are built on buildpack-deps, which brings libraries for whatever is compiled. */
const ON_BUILDPACK_DEPS: readonly Runtime[] = ['python', 'ruby', 'go', 'rust'];

/**
 * The megabytes by which a package takes more on debian:12-slim than on buildpack-deps:12, because it brings the libraries
 * that a full image has already. By the dependencies and sizes of Debian 12's packages, of some fifty that images often
 * install; of the others it is 2 MB or less. nginx took 2.4 MB more when measured in layers.
 */
const MORE_MEGABYTES: readonly (readonly [names: RegExp, megabytes: number])[] = [
  [/^libvips/, 43],
  [/^libreoffice/, 33],
  [/^ffmpeg$/, 31],
  [/^gdal-bin$/, 28],
  [/^chromium$/, 27],
  [/^(?:imagemagick|libmagick)/, 26],
  [/^(?:tesseract-ocr|wkhtmltopdf)$/, 23],
  [/^nginx-extras$/, 21],
  [/^(?:graphviz|apache2|xvfb)$/, 16],
  [/^(?:git|libgl1|dnsutils|gettext)$/, 12],
  [/^(?:poppler-utils|openjdk-|supervisor|ghostscript)/, 8],
];
const OF_OTHERS = 2.4;
/** Most of what packages bring are the same libraries, so that several take little more than the largest of them. */
const MOST_MEGABYTES = 45;
const MEGABYTE = 1_000_000;

/** Returns the most bytes by which the packages of an image's own steps take more once its full base is left. */
export function librariesOfFullBase(view: ImageView): number {
  const { distro, variant, runtimeLayers } = view.image.verdict;
  const { name: runtime } = runtimeOf(view.image.verdict);
  const isFull = variant?.value === 'full' && distro?.value.id === 'debian' && runtimeLayers !== undefined;
  if (!isFull || !(hasNodePackages(runtime) || ON_BUILDPACK_DEPS.includes(runtime))) return 0;
  const { manager, run } = ownPackages(view);
  if (manager !== 'apt') return 0;
  const more = run.map((name) => MORE_MEGABYTES.find(([names]) => names.test(name))?.[1] ?? OF_OTHERS);
  return Math.min(MOST_MEGABYTES, sum(more)) * MEGABYTE;
}
