/**
 * The text of an environment variable without line breaks at its end: a secret that was made from a file often has the
 * file's last one, and a file of variables that was written on Windows has one in each.
 */
export function variableOf(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  return environment[name]?.replace(/[\r\n]+$/, '');
}
