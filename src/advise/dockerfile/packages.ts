import data from '../../../config/packages.json' with { type: 'json' };
import { anyOf } from '../../common/any-of.ts';
import { SHARED_LIBRARY } from '../own-packages.ts';
import type { DockerfileFacts } from './facts.ts';

/** Whether the image's packages have the same manager as the Dockerfile's base, and so the same names. */
function hasSameManager({ base, packages }: DockerfileFacts): boolean {
  return packages.manager === (base === 'alpine-base' ? 'apk' : 'apt');
}

/** Packages with the same name in Debian and Alpine, of those that images often install. */
const ANYWHERE: ReadonlySet<string> = new Set(data.sameNames.split(' '));

/** Returns a test for packages of the image whose names on the Dockerfile's base are known. */
function knownNames(facts: DockerfileFacts): (name: string) => boolean {
  return (name) => hasSameManager(facts) || ANYWHERE.has(name);
}

/** Returns the RUN instruction that installs packages and leaves no package lists behind. */
export function installStep({ base }: DockerfileFacts, names: readonly string[]): string {
  const all = [...new Set(names)].join(' ');
  return base === 'alpine-base'
    ? `RUN apk add --no-cache ${all}`
    : `RUN apt-get update && apt-get install -y --no-install-recommends ${all} && rm -rf /var/lib/apt/lists/*`;
}

/**
 * Returns the steps that install a C compiler, `tools`, and the packages that the image's own build used; for build
 * stages only.
 */
export function compilerSteps(facts: DockerfileFacts, tools: readonly string[] = []): readonly string[] {
  const compiler = facts.base === 'alpine-base' ? 'build-base' : 'build-essential';
  const packages = buildPackages(facts).filter((name) => !IN_COMPILER.includes(name));
  return [...headersNote(facts), ...buildPackageNote(facts), installStep(facts, [compiler, ...tools, ...packages])];
}

/** Returns a note if the image's own build may have used headers that its full base brings, or that no step shows. */
function headersNote({ mayLinkLibraries, linksLibraries, packages }: DockerfileFacts): readonly string[] {
  if (packages.build.some((name) => name.endsWith('-dev'))) return [];
  if (linksLibraries && packages.run.some((name) => SHARED_LIBRARY.test(name)))
    return ['# If the build misses headers of the libraries that the last stage installs, add their packages here.'];
  if (!mayLinkLibraries) return [];
  return ["# The image's base also brings git, and headers such as libpq-dev: add those that installing needs."];
}

/** What `build-essential` and `build-base` consist of. */
const IN_COMPILER = 'gcc g++ make libc-dev libc6-dev musl-dev build-essential build-base'.split(' ');

/** Packages that every build stage contains, or that only serve to install others. */
const IN_EVERY_BUILD = anyOf(
  [
    /gcc|gcc-c\+\+|g\+\+|make|build-(?:essential|base)|base-devel|libc6?-dev|musl-dev|pkg-?conf(?:ig)?/,
    /rust\w*|cargo|go|golang.*|.*jdk.*/,
    /gnupg2?|curl|wget|apt-.*|lsb-release|software-properties-common/,
  ],
  '^',
  '$',
);

/** Returns a note on the packages of the image's own build whose names may differ here. */
export function buildPackageNote(facts: DockerfileFacts): readonly string[] {
  const isKnown = knownNames(facts);
  const names = facts.packages.build.filter((name) => !isKnown(name) && !IN_EVERY_BUILD.test(name));
  if (names.length === 0) return [];
  return [`# The image's own build had these packages, which may have other names here: ${names.join(' ')}`];
}

/** Returns the packages that the image's own steps installed for its build, without those whose names may differ here. */
export function buildPackages(facts: DockerfileFacts): readonly string[] {
  const { build } = facts.packages;
  return hasSameManager(facts) ? build : build.filter((name) => ANYWHERE.has(name) && !IN_EVERY_BUILD.test(name));
}

/** Returns the packages that the program needs at run time, without those whose names may differ here. */
export function knownRunPackages(facts: DockerfileFacts): readonly string[] {
  return facts.packages.run.filter(knownNames(facts));
}

/** Returns {@link runPackages}, with the given note if the image names no packages that the program needs. */
export function runPackagesOr(facts: DockerfileFacts, note: string): readonly string[] {
  const { run, headers } = facts.packages;
  return [...(run.length + headers.length > 0 ? [] : [note]), ...runPackages(facts)];
}

/**
 * Returns the lines that install the packages the program needs at run time, with notes on packages whose names may
 * differ here, and on headers, whose libraries' package names are unknown.
 * @param others further packages, by the names that they have on every base
 */
export function runPackages(facts: DockerfileFacts, others: readonly string[] = []): readonly string[] {
  const { headers } = facts.packages;
  const lacksBash = facts.base === 'alpine-base' && facts.mayNeedBash;
  const more = lacksBash ? ['bash', ...others] : others;
  const run = facts.packages.run.filter((name) => !more.includes(name));
  const isKnown = knownNames(facts);
  const unknown = run.filter((name) => !isKnown(name));
  const names = [...run.filter(isKnown), ...more];
  return [
    ...(unknown.length > 0
      ? [`# The image has these packages, which may have other names here, or may not be needed: ${unknown.join(' ')}`]
      : []),
    ...(headers.length > 0
      ? [`# The build had these headers; install here the libraries that the program loads: ${headers.join(' ')}`]
      : []),
    ...(run.length > 0 && hasSameManager(facts) ? changedNames(facts) : []),
    ...(lacksBash ? ['# Alpine has no bash, which start scripts are often written for.'] : []),
    ...(names.length > 0 ? [installStep(facts, names)] : []),
  ];
}

/** Returns notes on why packages may not be found by the same names. */
function changedNames({ base, olderDistro, packages }: DockerfileFacts): readonly string[] {
  return [
    ...(packages.addsRepositories
      ? ['# The image added package repositories: add those that these packages come from.']
      : []),
    ...(olderDistro === undefined || base === 'alpine-base' || !packages.run.some((name) => /\d/.test(name))
      ? []
      : [`# These are the names in ${olderDistro}: names that contain a number may differ here.`]),
  ];
}
