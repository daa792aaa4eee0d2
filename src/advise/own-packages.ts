import type { Runtime } from '../classify/verdict.ts';
import type { ImageView } from '../policy/image-view.ts';
import { isToolchain } from '../policy/rules/build-tools.ts';
import { type Command, parseScript, runs } from '../policy/shell.ts';
import { ownSteps } from './own-steps.ts';

/** The packages of its distribution that an image's own steps installed, and left there. */
export interface OwnPackages {
  readonly manager: 'apt' | 'apk' | 'other' | undefined;
  /** What the program may call or load, by the names of the distribution. */
  readonly run: readonly string[];
  /** What only a build needs: compilers, headers, what fetches sources. */
  readonly build: readonly string[];
  /** Some may come from repositories that the steps added to those of the distribution. */
  readonly ofOthers: boolean;
}

const MANAGERS: Readonly<Record<string, OwnPackages['manager']>> = {
  apt: 'apt',
  'apt-get': 'apt',
  apk: 'apk',
  yum: 'other',
  dnf: 'other',
  microdnf: 'other',
  tdnf: 'other',
  zypper: 'other',
};
const MENTIONS_MANAGER = /\b(?:apt|apk|yum|dnf|microdnf|tdnf|zypper)\b/;
const PROGRAMS = Object.keys(MANAGERS);
const INSTALL = ['install', 'add', 'in'];
const REMOVE = ['purge', 'remove', 'autoremove', 'del', 'erase', 'rm'];
/** Options whose value is the next word. */
const TAKES_VALUE = ['-t', '--virtual', '-o', '-c', '-X', '--repository', '--target-release', '--repo', '--enablerepo'];
const PACKAGE_NAME = /^[a-z0-9][a-z0-9.+_-]*$/i;
const ADDS_REPOSITORY = /sources\.list(?:\.d)?\b|\badd-apt-repository\b|\/etc\/apk\/repositories|\s--repository[ =]/;
const FOR_BUILDS =
  /-dev(?:el)?$|-headers$|^(?:automake|autoconf|libtool|make|patch|flex|bison|pkg-?conf(?:ig)?|git|gnupg2?|lsb-release|apt-transport-https|software-properties-common|apt-utils)$/;
/** Fetchers serve the build, unless a check of the image's health calls them. */
const FETCHERS = ['curl', 'wget'];
/** node-gyp runs on it. */
const OF_NODE_GYP = /^python[23]?$/;

/** The runtime itself, where a plain distribution got it from its packages: official images bring it. */
const OF_RUNTIME: Readonly<Partial<Record<Runtime, RegExp>>> = {
  node: /^(?:nodejs|npm|yarn)$/,
  python: /^(?:python[\d.]*(?:-(?:pip|venv|dev|setuptools|wheel|distutils|full|minimal))?|py3-pip|pip)$/,
  java: /^(?:openjdk-?\d.*|default-j(?:re|dk).*|temurin-.*|java-.*)$/,
  ruby: /^(?:ruby[\d.]*(?:-(?:full|dev|bundler))?|bundler)$/,
  php: /^(?:php[\d.]*(?:-(?:cli|fpm|common))?|libapache2-mod-php.*|composer)$/,
  dotnet: /^(?:dotnet|aspnetcore)-.*$/,
};

const NONE: OwnPackages = { manager: undefined, run: [], build: [], ofOthers: false };

/** Reads them off the RUN steps; what the same step removes again is left out. */
export function ownPackages(view: ImageView): OwnPackages {
  if (!PROGRAMS.some((program) => view.ownPrograms.has(program))) return NONE;
  const steps = ownSteps(view).filter(({ verb }) => verb === 'RUN');
  // Few steps install packages, and taking a script apart is what costs.
  const scripts = steps.flatMap(({ args }) => (MENTIONS_MANAGER.test(args) ? [parseScript(args)] : []));
  const { hasHealthcheck } = view.image.config;
  const runtime = view.image.verdict.runtime?.value.name ?? 'none';
  const names = [...new Set(scripts.flatMap(installedBy))].filter((name) => OF_RUNTIME[runtime]?.test(name) !== true);
  const manager = scripts.flat().find(installs)?.program ?? '';
  const hasToolchain = names.some(isToolchain);
  const isForBuild = (name: string): boolean =>
    isToolchain(name) ||
    FOR_BUILDS.test(name) ||
    (FETCHERS.includes(name) && !hasHealthcheck) ||
    (OF_NODE_GYP.test(name) && hasToolchain && runtime === 'node');
  return {
    manager: MANAGERS[manager],
    run: names.filter((name) => !isForBuild(name)),
    build: names.filter(isForBuild),
    ofOthers: steps.some(({ args }) => ADDS_REPOSITORY.test(args)),
  };
}

function installs(command: Command): boolean {
  return runs(command, PROGRAMS, INSTALL);
}

function installedBy(commands: readonly Command[]): readonly string[] {
  const removed = new Set(commands.filter((command) => runs(command, PROGRAMS, REMOVE)).flatMap(({ words }) => words));
  return commands
    .filter((command) => installs(command) && !removed.has(virtualName(command)))
    .flatMap(namesIn)
    .filter((name) => !removed.has(name));
}

/** What apk calls the packages of one command together, to remove them by. */
function virtualName({ words }: Command): string {
  const option = words.findIndex((word) => word === '--virtual' || word === '-t' || word.startsWith('--virtual='));
  const word = words[option] ?? '';
  return word.includes('=') ? word.slice(word.indexOf('=') + 1) : (words[option + 1] ?? '');
}

/** Without versions and architectures: `libpq5=15.*`, `libc6:i386`. */
function namesIn({ words }: Command): readonly string[] {
  const names = words.filter(
    (word, at) => !word.startsWith('-') && !INSTALL.includes(word) && !TAKES_VALUE.includes(words[at - 1] ?? ''),
  );
  return names.map((word) => word.replace(/[=<>~:].*$/, '')).filter((name) => PACKAGE_NAME.test(name));
}

/** Every distroless image has them, or does their work otherwise. */
const EVERYWHERE = /^(?:ca-certificates|tzdata|tini|dumb-init|openssl|libc6-compat|libstdc\+\+6?|libgcc(?:-s1)?)$/;

/** Whether the program runs with packages that no image without a package manager has. */
export function needsPackages(view: ImageView): boolean {
  return ownPackages(view).run.some((name) => !EVERYWHERE.test(name));
}
