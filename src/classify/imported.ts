import type { Context } from './context.ts';
import { isImport } from './history/rootfs.ts';

/**
 * `/bin/bash -l`, `/usr/sbin/init`; behind `sh -c`, if `docker import` was given it without brackets. Not `/init`, which
 * starts containers with s6.
 */
const STARTS_DISTRIBUTION =
  /^(?:\/bin\/sh -c )?(?!\/init)(?:\/(?:\w+\/)*)?(?:(?:ba|a|da|z|k)?sh|init|systemd|login)(?: --?\w[\w=-]*)*$/;

/**
 * Whether an image is a whole container, as `docker export` and `docker import` flatten it. Distributions are imported
 * as well, but start a shell, an init system or nothing.
 */
export function isImportedContainer({ history, input: { config, manifest } }: Context): boolean {
  const start = [...config.entrypoint, ...config.cmd].join(' ');
  const isImported = manifest.layers.length === 1 && history.steps.some(isImport);
  return isImported && start !== '' && !STARTS_DISTRIBUTION.test(start);
}
