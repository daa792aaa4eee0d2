import type { OsRelease } from './contents.ts';
import { packageText } from './packages/package.ts';

/** Larger os-release files are not read. */
export const OS_RELEASE_MAX_BYTES = 65_536;

/** Paths of os-release, in order of precedence; the one in `/etc` is often a link to the other. @see os-release(5) */
export const OS_RELEASE_PATHS: readonly string[] = ['etc/os-release', 'usr/lib/os-release'];

/** Parses a file in the format of os-release(5). Missing fields become empty strings. */
export function parseOsRelease(path: string, content: Buffer): OsRelease {
  const values = new Map<string, string>();
  for (const [, name, value] of content.toString('utf8').matchAll(/^([A-Z_]+)=["']?([^"'\r\n]*)["']?\r?$/gm)) {
    if (name !== undefined) values.set(name, packageText(value));
  }
  const fieldOf = (name: string): string => values.get(name) ?? '';
  return { path, id: fieldOf('ID'), versionId: fieldOf('VERSION_ID') };
}
