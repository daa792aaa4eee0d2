import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';

/**
 * Google's distroless images are Debian's packages, put together by Bazel, with a variable for the certificates. Its rules
 * of 2023 wrote a history of empty entries.
 * @see GoogleContainerTools/distroless, base/base.bzl and static/static.bzl
 */
export function isDistroless({ stack, env, history }: Context): boolean {
  if (env.get('SSL_CERT_FILE') !== '/etc/ssl/certs/ca-certificates.crt') return false;
  return stack.rootfs?.tool === 'bazel' || wordlessLayers(history.steps) > 1;
}

/** How many layers at the bottom were made by who says neither what, when nor with what tool. */
function wordlessLayers(steps: readonly BuildStep[]): number {
  const worded = steps.findIndex(
    ({ verb, comment, author, created }) => verb !== 'NONE' || comment !== '' || author !== '' || created !== undefined,
  );
  return worded < 0 ? steps.length : worded;
}
