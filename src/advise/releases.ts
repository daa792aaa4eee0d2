import data from '../../config/runtimes.json' with { type: 'json' };
import type { Runtime } from '../classify/verdict.ts';
import { isNewer, releaseOf } from './alternatives.ts';

interface Release {
  readonly release: string;
  /** The day after which there are no fixes: `2028-04-30`. */
  readonly endOfLife: string;
}

const RELEASES = data.runtimes as Readonly<Partial<Record<Runtime, readonly Release[]>>>;

/** Names of the distributions' releases that generated Dockerfiles stand on. */
export const DEBIAN = data.debian;
export const DEBIAN_VERSION = data.debianVersion;
export const ALPINE = data.alpine;

/**
 * The release to build on: the image's own while it gets fixes, or while it is too new for the list; else the first of
 * the list within its major version, else the first of all.
 * @param today `2026-11-24`
 * @returns undefined for a runtime that no list covers
 */
export function supportedRelease(runtime: Runtime, version: string | undefined, today: string): string | undefined {
  const known = RELEASES[runtime] ?? [];
  const supported = known.filter(({ endOfLife }) => endOfLife >= today);
  const own = version === undefined ? undefined : releaseOf(runtime, version);
  if (own !== undefined && supported.length > 0) {
    if (known.every(({ release }) => isNewer(own, release)) || supported.some(({ release }) => release === own))
      return own;
  }
  const [major] = own?.split('.') ?? [];
  return (supported.find(({ release }) => release.split('.')[0] === major) ?? supported[0])?.release;
}

/**
 * Whether a runtime's release is known to be out of support.
 * @param today `2026-11-24`
 */
export function endedRuntime(
  runtime: Runtime,
  version: string,
  today: string,
): { readonly name: string; readonly endOfLife: string } | undefined {
  const own = releaseOf(runtime, version);
  const known = RELEASES[runtime] ?? [];
  const listed = known.find(({ release }) => release === own) ?? oldestAfter(own, known);
  return listed && listed.endOfLife < today ? { name: `${runtime} ${own}`, endOfLife: listed.endOfLife } : undefined;
}

/**
 * How many releases of the lists are out of support: a judgement of yesterday holds while it is the same.
 * @param today `2026-11-24`
 */
export function endedRuntimes(today: string): number {
  const known = Object.values(RELEASES).flatMap((releases) => releases ?? []);
  return known.filter(({ endOfLife }) => endOfLife < today).length;
}

/** The oldest release of a list, if another is older still: that one ended no later. */
function oldestAfter(release: string, known: readonly Release[]): Release | undefined {
  const [oldest] = known.toSorted((a, b) => (isNewer(a.release, b.release) ? 1 : -1));
  return oldest && isNewer(oldest.release, release) ? oldest : undefined;
}
