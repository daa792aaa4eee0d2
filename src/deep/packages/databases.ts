import { npm } from './npm.ts';
import { databaseReader, type PackageReader } from './package.ts';
import { python } from './python.ts';

/** dpkg's status file. Distroless images have a file for each package in `status.d`. @see dpkg(1), deb822(5) */
const deb = databaseReader({
  matches: (path) =>
    path === 'var/lib/dpkg/status' || (path.startsWith('var/lib/dpkg/status.d/') && !path.endsWith('.md5sums')),
  ecosystem: 'deb',
  fields: { name: 'Package', version: 'Version', size: 'Installed-Size' },
  unit: 1_024,
});

/** Alpine's database of installed packages. @see wiki.alpinelinux.org, "Apk spec" */
const apk = databaseReader({
  matches: (path) => path === 'lib/apk/db/installed' || path === 'usr/lib/apk/db/installed',
  ecosystem: 'apk',
  fields: { name: 'P', version: 'V', size: 'I' },
  unit: 1,
});

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
