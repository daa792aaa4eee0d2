import data from '../../config/runtimes.json' with { type: 'json' };
import type { Runtime } from '../classify/verdict.ts';
import { releaseOf } from './alternatives.ts';

interface Release {
  readonly release: string;
  /** The day after which there are no fixes: `2028-04-30`. */
  readonly endOfLife: string;
}

const RELEASES = data.runtimes as Readonly<Partial<Record<Runtime, readonly Release[]>>>;

/** Names of the distributions' releases that generated Dockerfiles stand on. */
export const DEBIAN = data.debian;
export const ALPINE = data.alpine;

/**
 * The release to build on: the image's own while it gets fixes, else the newest.
 * @param today `2026-11-24`
 * @returns undefined for a runtime that no list covers
 */
export function supportedRelease(runtime: Runtime, version: string | undefined, today: string): string | undefined {
  const supported = (RELEASES[runtime] ?? []).filter(({ endOfLife }) => endOfLife >= today);
  const own = version === undefined ? undefined : releaseOf(runtime, version);
  return (supported.find(({ release }) => release === own) ?? supported[0])?.release;
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
  const ended = RELEASES[runtime]?.find(({ release, endOfLife }) => release === own && endOfLife < today);
  return ended && { name: `${runtime} ${own}`, endOfLife: ended.endOfLife };
}
