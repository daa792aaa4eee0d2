import data from '../../config/packages.json' with { type: 'json' };
import { hasNodePackages, type Runtime, runtimeOf } from '../classify/verdict.ts';
import { sum } from '../common/sum.ts';
import type { ImageView } from '../policy/image-view.ts';
import { ownPackages } from './own-packages.ts';

/** Runtimes whose full images on Debian are built on buildpack-deps, which brings libraries for whatever is compiled. */
const ON_BUILDPACK_DEPS: readonly Runtime[] = ['python', 'ruby', 'go', 'rust'];

/** Packages that bring large libraries to a slim image. @see config/packages.json, "largeOnSlim" */
const LARGE = data.largeOnSlim.map(({ names, megabytes }) => ({ names: new RegExp(names), megabytes }));
/** What nginx took more when measured in layers; of most others it is 2 MB or less. */
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
  const more = run.map((name) => LARGE.find(({ names }) => names.test(name))?.megabytes ?? OF_OTHERS);
  return Math.min(MOST_MEGABYTES, sum(more)) * MEGABYTE;
}
