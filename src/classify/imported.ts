import type { Context } from './context.ts';
import { isImport, startsShell } from './history/rootfs.ts';

/**
 * Whether an image is a whole container, as `docker export` and `docker import` flatten it. Distributions are imported
 * as well, but start a shell or nothing.
 */
export function isImportedContainer({ history, input: { config, manifest } }: Context): boolean {
  const words = [...config.entrypoint, ...config.cmd];
  return manifest.layers.length === 1 && history.steps.some(isImport) && words.length > 0 && !startsShell(words);
}
