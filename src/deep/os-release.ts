import type { OsRelease } from './contents.ts';
import { packageText } from './packages/package.ts';

export const OS_RELEASE_MAX_BYTES = 65_536;

/** @see os-release(5): `/etc` comes before `/usr/lib`, and is often a link to it */
export const OS_RELEASE_PATHS: readonly string[] = ['etc/os-release', 'usr/lib/os-release'];

/** Reads the fields of a file in the form of os-release(5); one that is not there is an empty text. */
export function parseOsRelease(path: string, content: Buffer): OsRelease {
  const values = new Map<string, string>();
  for (const [, name, value] of content.toString('utf8').matchAll(/^([A-Z_]+)=["']?([^"'\r\n]*)["']?\r?$/gm)) {
    if (name !== undefined) values.set(name, packageText(value));
  }
  const fieldOf = (name: string): string => values.get(name) ?? '';
  return { path, id: fieldOf('ID'), versionId: fieldOf('VERSION_ID'), prettyName: fieldOf('PRETTY_NAME') };
}
