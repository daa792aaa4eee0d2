import { apk } from './apk.ts';
import { deb } from './deb.ts';
import { npm } from './npm.ts';
import type { PackageReader } from './package.ts';
import { python } from './python.ts';

const READERS: readonly PackageReader[] = [deb, apk, npm, python];

/** Finds the reader for the packages that a file declares; undefined if it declares none. */
export function findPackageReader(path: string): PackageReader | undefined {
  return READERS.find((reader) => reader.matches(path));
}

/** rpm's databases: Berkeley DB, ndb and SQLite. Their presence is reported; their packages are not read. */
const RPM = /^(?:var|usr\/lib\/sysimage)\/(?:lib\/)?rpm\/(?:Packages(?:\.db)?|rpmdb\.sqlite)$/;

/** Whether a path is that of an rpm database. */
export function isRpmDatabase(path: string): boolean {
  return RPM.test(path);
}
