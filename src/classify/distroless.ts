import type { Context } from './context.ts';
import type { BuildStep } from './history/build-steps.ts';
import { officialsSetBy } from './history/stack.ts';

/**
 * Whether the image is one of Google's distroless images, or built on one. Bazel assembles them from Debian's packages,
 * and they set a variable for the certificates. The Bazel rules of 2023 wrote a history of empty entries.
 * @see GoogleContainerTools/distroless, base/base.bzl and static/static.bzl
 */
export function isDistroless({ stack, env, history }: Context): boolean {
  if (env.get('SSL_CERT_FILE') !== '/etc/ssl/certs/ca-certificates.crt') return false;
  return stack.rootfs?.tool === 'bazel' || countEmptySteps(history.steps) > 1;
}

/** The number of steps at the bottom with no instruction, comment, author or date. */
function countEmptySteps(steps: readonly BuildStep[]): number {
  const firstWithText = steps.findIndex(
    ({ verb, comment, author, created }) => verb !== 'NONE' || comment !== '' || author !== '' || created !== undefined,
  );
  return firstWithText < 0 ? steps.length : firstWithText;
}

/**
 * Whether the image is one of Microsoft's chiselled .NET images, or built on one. They consist of slices of Ubuntu's
 * packages on scratch; Microsoft's other .NET images are built on a distribution's image.
 * @see dotnet/dotnet-docker, src/runtime-deps, noble-chiseled
 */
export function isChiselled({ stack, history }: Context): boolean {
  const settings = history.steps[stack.rootfs?.end ?? 0];
  return (
    stack.rootfs?.evidence === '/rootfs /' &&
    settings !== undefined &&
    officialsSetBy(settings).some(({ repository }) => repository === 'mcr.microsoft.com/dotnet/runtime-deps')
  );
}
