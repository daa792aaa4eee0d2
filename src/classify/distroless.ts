import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';
import { officialsSetBy } from './history/stack.ts';

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

/**
 * Microsoft's chiselled images of .NET are slices of Ubuntu's packages on nothing; beneath its others lies a distribution's
 * image. @see dotnet/dotnet-docker, src/runtime-deps, noble-chiseled
 */
export function isChiselled({ stack, history }: Context): boolean {
  const settings = history.steps[stack.rootfs?.end ?? 0];
  return (
    stack.rootfs?.evidence === '/rootfs /' &&
    settings !== undefined &&
    officialsSetBy(settings).some(({ repository }) => repository === 'mcr.microsoft.com/dotnet/runtime-deps')
  );
}
