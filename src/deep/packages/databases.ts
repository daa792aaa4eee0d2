import { npm } from './npm.ts';
import { type Ecosystem, type LayerPackage, type PackageReader, packageText, paragraphs } from './package.ts';
import { python } from './python.ts';

/** A database of packages, in paragraphs. */
interface Database extends Pick<PackageReader, 'matches'> {
  readonly ecosystem: Ecosystem;
  /** The names of its fields. */
  readonly fields: { readonly name: string; readonly version: string; readonly size: string };
  /** Bytes per unit of its sizes. */
  readonly unit: number;
}

const MAX_DATABASE_BYTES = 33_554_432;

function databaseReader({ matches, ecosystem, fields, unit }: Database): PackageReader {
  const read: PackageReader['read'] = (path, content) => {
    const packages: LayerPackage[] = [];
    for (const paragraph of paragraphs(content)) {
      const name = packageText(paragraph.get(fields.name));
      // dpkg also lists removed packages whose configuration remains.
      if (name === '' || paragraph.get('Status')?.trim().endsWith(' installed') === false) continue;
      const version = packageText(paragraph.get(fields.version));
      packages.push({ ecosystem, name, version, ...packageBytes(paragraph.get(fields.size), unit), path });
    }
    return packages;
  };
  return { matches, maxBytes: MAX_DATABASE_BYTES, read };
}

/** Parses a number of units as a safe number of bytes; nothing if it is not one. */
function packageBytes(text: string | undefined, unit: number): { bytes?: number } {
  return /^\s*\d{1,12}\s*$/.test(text ?? '') ? { bytes: Number(text) * unit } : {};
}

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
