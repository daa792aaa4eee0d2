import { remember } from '../common/remember.ts';
import type { Context } from './context.ts';
import { type BuildStep, commandsOf, lastCommand } from './history/build-steps.ts';
import { officialsSetBy } from './history/stack.ts';

/** Signs in history, labels and sizes that tell which edition of a vendor's image an image is, or is built on. */

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

/**
 * The release and edition of the Red Hat universal base image that an image is, or is built on:
 * `ubi9-minimal-container` is release 9, edition minimal. Undefined for other images.
 */
export function universalBase(
  labels: Readonly<Record<string, string>>,
): { readonly release: string; readonly edition: string | undefined } | undefined {
  const [, release, edition] = /^ubi(\d+)(?:-([a-z]+))?-container$/.exec(labels['com.redhat.component'] ?? '') ?? [];
  return release === undefined ? undefined : { release, edition };
}

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

/**
 * Whether the Temurin image that these steps built has a JDK or a JRE: by the archive that it unpacks, else by what it
 * starts. Java 8 has no `jshell` to start, so without an archive the kind is undefined.
 */
export function temurinKind(steps: readonly BuildStep[], version: string | undefined): 'jdk' | 'jre' | undefined {
  const unpacked = commandsOf(steps)
    .flatMap((command) => archiveIn(command) ?? [])
    .at(-1);
  if (unpacked !== undefined) return unpacked;
  if (/jshell/.test(lastCommand(steps))) return 'jdk';
  return /^(?:jdk-?)?8(?:\D|$)/.test(version ?? '') ? undefined : 'jre';
}

/** The kind in the name of a downloaded archive: `OpenJDK8U-jdk_x64_linux_hotspot_8u492b09.tar.gz`. */
const archiveIn = remember((command): 'jdk' | 'jre' | undefined => {
  const kind = /\/OpenJDK\d{1,3}U?-(jdk|jre)_/.exec(command.slice(0, 8_000))?.[1];
  return kind === 'jdk' || kind === 'jre' ? kind : undefined;
});
