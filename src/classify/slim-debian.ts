import type { Context } from './context.ts';

/**
 * Compressed. Debian's slim root file systems, of releases 8 to 13, have 22 to 32 MB, the full ones 43 to 55 MB, on any
 * platform.
 */
const SLIM_LIMIT_BYTES = 38_000_000;

/** Whether the Debian at the bottom is the slim one, by the size of its layer; undefined if that is unknown. */
export function isSlimDebian({ input, history }: Context): boolean | undefined {
  const size = input.manifest.layers[0]?.size;
  return size === undefined || size === 0 || !history.aligned ? undefined : size < SLIM_LIMIT_BYTES;
}
