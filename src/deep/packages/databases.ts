import { apk } from './apk.ts';
import { deb } from './deb.ts';
import { npm } from './npm.ts';
import type { PackageReader } from './package.ts';
import { python } from './python.ts';

const READERS: readonly PackageReader[] = [deb, apk, npm, python];

/** The reader of the packages that a file declares, or undefined when it declares none. */
export function findPackageReader(path: string): PackageReader | undefined {
  return READERS.find((reader) => reader.matches(path));
}

/** rpm's databases: Berkeley DB, ndb and SQLite. Their presence is told, their packages are not known. */
const RPM = /^(?:var|usr\/lib\/sysimage)\/(?:lib\/)?rpm\/(?:Packages(?:\.db)?|rpmdb\.sqlite)$/;

/** Whether a path within a layer is that of one of rpm's databases. */
export function isRpmDatabase(path: string): boolean {
  return RPM.test(path);
}
