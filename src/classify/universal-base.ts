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
