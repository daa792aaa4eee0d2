import data from '../../config/runtimes.json' with { type: 'json' };
import type { Runtime } from '../classify/verdict.ts';
import type { EndedRelease } from '../policy/audited-image.ts';

interface Release {
  readonly release: string;
  /** The last day with fixes: `2028-04-30`. */
  readonly endOfLife: string;
}

const RELEASES = data.runtimes as Readonly<Partial<Record<Runtime, readonly Release[]>>>;

/** The distribution releases that generated Dockerfiles use: Debian's codename and version, and Alpine's version. */
export const DEBIAN = data.debian;
export const DEBIAN_VERSION = data.debianVersion;
export const ALPINE = data.alpine;

/** The first release of Java with a distroless image on {@link DEBIAN}. @see GoogleContainerTools/distroless, "Image contents" */
export const FIRST_DISTROLESS_JAVA = 21;

/** The first release of Java with modules, which jlink needs. */
export const FIRST_JAVA_WITH_MODULES = 9;

/** Runtimes whose release lines are the first part of a version; all others use the first two parts. */
const ONE_PART: readonly Runtime[] = ['node', 'java', 'dotnet', 'rust', 'deno', 'bun', 'erlang'];

/** Returns the release line of a version: `22` for Node.js 22.23.2, `3.12` for Python 3.12.4, `8` for Java 8u402. */
export function releaseOf(runtime: Runtime, version: string): string {
  if (ONE_PART.includes(runtime)) return /^\d+/.exec(version)?.[0] ?? version;
  return version.split('.', 2).join('.');
}

/** Whether a version is later than another, comparing numerically: 3.24 is later than 3.6. */
export function isNewer(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) > 0;
}

/**
 * Returns the release to build on: the image's own if it still gets fixes or is newer than all listed releases; else
 * the first supported one of the same major version; else the first supported one.
 * @param version the image's version of the runtime
 * @param today `2026-11-24`
 * @returns undefined for a runtime without a listed release that still gets fixes
 * @see config/runtimes.json
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
 * Returns the release of a runtime if it is known to be out of support, with the date on which its support ended.
 * @param today `2026-11-24`
 */
export function endedRuntime(runtime: Runtime, version: string, today: string): EndedRelease | undefined {
  const own = releaseOf(runtime, version);
  const known = RELEASES[runtime] ?? [];
  const listed = known.find(({ release }) => release === own) ?? oldestAfter(own, known);
  return listed && listed.endOfLife < today ? { name: `${runtime} ${own}`, endOfLife: listed.endOfLife } : undefined;
}

/**
 * Returns how many listed releases are out of support. While the number is unchanged, earlier assessments still hold.
 * @param today `2026-11-24`
 */
export function endedRuntimes(today: string): number {
  const known = Object.values(RELEASES).flatMap((releases) => releases ?? []);
  return known.filter(({ endOfLife }) => endOfLife < today).length;
}

/** Returns the oldest listed release if the given one is older still: its support ended no later. */
function oldestAfter(release: string, known: readonly Release[]): Release | undefined {
  const [oldest] = known.toSorted((a, b) => (isNewer(a.release, b.release) ? 1 : -1));
  return oldest && isNewer(oldest.release, release) ? oldest : undefined;
}
