import table from '../../../config/distros.json' with { type: 'json' };
import { remember } from '../../common/remember.ts';
import { rememberCommand } from '../history/instruction.ts';

/** A distribution's id and version, as in os-release. */
export interface DistroName {
  readonly id: string;
  readonly version?: string;
}

/** A distribution's name, with its version where that is known. */
export function distroName(id: string, version: string | undefined): DistroName {
  return version ? { id, version } : { id };
}

const SUITES: Readonly<Record<string, Readonly<Record<string, string>>>> = table.suites;
const CODENAMES = new Map<string, DistroName>(
  Object.entries(SUITES).flatMap(([id, suites]) =>
    Object.entries(suites).map(([suite, version]) => [suite, { id, version }] as const),
  ),
);
const SUITE_OF = new Map([...CODENAMES].map(([suite, { id, version }]) => [`${id} ${version}`, suite]));
const ROOTFS = table.rootfs.map(({ id, pattern, suite }) => ({
  id,
  suite: suite === true,
  pattern: new RegExp(pattern),
}));
const PACKAGES = table.packages.map(({ id, token }) => ({ id, pattern: new RegExp(`(?<![A-Za-z])${token}`) }));
const SONAMES = new Map<string, DistroName>(
  Object.entries(table.sonames).flatMap(([name, release]) => {
    const [id, version] = Array.isArray(release) ? release : [];
    return id && version ? [[name, { id, version }] as const] : [];
  }),
);
const CODENAME = new RegExp(`(?<![A-Za-z0-9])(?:${[...CODENAMES.keys()].join('|')})(?![A-Za-z0-9])`, 'g');

/** The release with this code name: `bookworm` is Debian 12. */
export function distroOfSuite(suite: string): DistroName | undefined {
  return CODENAMES.get(suite);
}

/** The code name of a Debian or Ubuntu release; undefined for other distributions. */
export function suiteOf(distro: DistroName): string | undefined {
  return SUITE_OF.get(`${distro.id} ${distro.version}`);
}

/** The code name of Debian's stable release at a time (ISO 8601). Images named without a suite were built on it. */
export function debianStableAt(time: string): string | undefined {
  return table.debianStableSince.findLast(([since = '']) => since <= time)?.[1];
}

/** The distribution that a root file system's history line names. */
export const distroOfRootfsLine: (line: string) => DistroName | undefined = remember(readRootfsLine);

function readRootfsLine(line: string): DistroName | undefined {
  const text = line.slice(0, 600);
  for (const { id, pattern, suite } of ROOTFS) {
    const match = pattern.exec(text);
    if (!match) continue;
    const version = suite ? versionOfSuite(match[1] ?? '', text) : match[1];
    return distroName(id, version);
  }
  return undefined;
}

/** The version of a suite: by code name, or for Debian's `stable`, `oldstable` and so on, by the archive's date. */
function versionOfSuite(suite: string, line: string): string | undefined {
  const [, olds] = /^((?:old)*)stable$/.exec(suite) ?? [];
  if (olds === undefined) return CODENAMES.get(suite)?.version;
  const [, seconds] = /'@(\d{9,11})'/.exec(line) ?? [];
  if (seconds === undefined) return undefined;
  const day = new Date(Number(seconds) * 1_000).toISOString();
  const stable = table.debianStableSince.findLastIndex(([since = '']) => since <= day);
  const name = table.debianStableSince[stable - olds.length / 'old'.length]?.[1];
  return CODENAMES.get(name ?? '')?.version;
}

/** The releases that a command or variable names: by suite, or by a package's version. */
export const releasesIn: (text: string) => readonly DistroName[] = rememberCommand((text) => {
  const ofPackage = distroOfPackage(text);
  return ofPackage ? [...suitesIn(text), ofPackage] : suitesIn(text);
});

/** The releases whose packages a command installs by a name that only one release has: `libicu72` is Debian 12's. */
export const releasesInstalledFrom: (command: string) => readonly DistroName[] = rememberCommand((command) =>
  [...command.matchAll(LIBRARY)].flatMap(([name]) => SONAMES.get(name) ?? []),
);

/** Not a file: `libicu66_66.1_amd64.deb` may come from another distribution. */
const LIBRARY = /(?<![\w./-])libicu\d\d(?![\w.*-])/g;

function distroOfPackage(text: string): DistroName | undefined {
  for (const { id, pattern } of PACKAGES) {
    const [found, ...version] = pattern.exec(text) ?? [];
    // Only Amazon Linux 2 has extras.
    if (found !== undefined) return { id, version: version[0] === 'extras' ? '2' : version.filter(Boolean).join('.') };
  }
  return undefined;
}

function suitesIn(text: string): readonly DistroName[] {
  return [...text.matchAll(CODENAME)].flatMap(([suite]) => CODENAMES.get(suite) ?? []);
}
