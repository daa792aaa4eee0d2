/** Which of Red Hat's universal base images an image is, or stands on: `ubi9-minimal-container` is release 9, minimal. */
export function universalBase(
  labels: Readonly<Record<string, string>>,
): { readonly release: string; readonly edition: string | undefined } | undefined {
  const [, release, edition] = /^ubi(\d+)(?:-([a-z]+))?-container$/.exec(labels['com.redhat.component'] ?? '') ?? [];
  return release === undefined ? undefined : { release, edition };
}
