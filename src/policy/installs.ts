import { anyOf } from '../common/any-of.ts';
import { absolutePath } from './paths.ts';
import { type Command, hasOption, type PlacedCommand, runs, valuesOf } from './shell.ts';

/** The programs that install packages of distributions. */
export const PACKAGE_MANAGERS = ['apt', 'apt-get', 'apk', 'yum', 'dnf', 'microdnf', 'tdnf', 'zypper'];
export const INSTALL_WORDS = ['install', 'in', 'add', 'groupinstall', 'group'];
const REMOVE_WORDS = ['purge', 'autoremove', 'remove', 'erase', 'del', 'rm'];

/** Whether a command installs packages of a distribution, and not only newer versions of those that are there. */
export function installsPackages(command: Command): boolean {
  return runs(command, PACKAGE_MANAGERS, INSTALL_WORDS) && !onlyUpgrades(command);
}

/** Whether apt upgrades what is there by the word for installing. */
export function onlyUpgrades(command: Command): boolean {
  return hasOption(command, '--only-upgrade');
}

/** Whether a command removes packages of a distribution. */
export function removesPackages(command: Command): boolean {
  return runs(command, PACKAGE_MANAGERS, REMOVE_WORDS);
}

/** Packages with a compiler or build tool, by their names in Debian, Alpine, Fedora and openSUSE. */
const TOOLCHAIN = anyOf(
  [
    /build-(?:essential|base)|base-devel|alpine-sdk|r-base-dev|@?development(?:[- ]tools)?|devel_basis/i,
    /(?:gcc|g\+\+|gfortran|clang|rust|golang)-?[\d.]*|gcc-c\+\+|go|golang-go|rustc|cargo/i,
    /c?make|ninja-build|maven|gradle/i,
    /(?:openjdk|default)-?[\d.]*(?:-jdk(?:-headless)?)?|java-[\d.]+-openjdk-devel/i,
  ],
  '^',
  '(?:=.*)?$',
);

/** Whether a package contains a compiler or build tool. */
export function isToolchain(name: string): boolean {
  return TOOLCHAIN.test(name);
}

/** Programs that install packages of conda. */
export const CONDA = ['conda', 'mamba', 'micromamba'];

/** Whether a command installs packages of conda. */
export function installsByConda(command: Command): boolean {
  return runs(command, CONDA, ['install', 'create', 'update']);
}

/** The words by which npm and its kin install what a project lists. */
export const INSTALL_PROJECT = ['install', 'i', 'ci', 'clean-install'];

/** Whether a command installs the project's whole list; `npm install express` adds one package instead. */
export function installsList(command: Command): boolean {
  const { program, words } = command;
  if (program === 'yarn') return words.every((word) => word.startsWith('-') || word === 'install') && !asksOnly(words);
  return runs(command, ['npm', 'pnpm', 'bun'], INSTALL_PROJECT) && namesNoPackage(words);
}

/** Whether a command installs the project's dependencies, not a global package. */
export function installsProject(command: Command): boolean {
  const installs = runs(command, ['npm', 'pnpm', 'yarn', 'bun'], INSTALL_PROJECT) || installsList(command);
  return installs && !hasOption(command, '-g', '--global', '--version');
}

/** Returns the folder of the project that a command installs, which an option may name: `/app` for `npm ci --prefix /app`. */
export function projectFolderOf(install: PlacedCommand<string>): string {
  return absolutePath(valuesOf(install, '--prefix', '--dir', '--cwd', '-C').at(-1) ?? '.', install.folder);
}

function asksOnly(words: readonly string[]): boolean {
  return words.some((word) => ['--version', '-v', '--help', '-h'].includes(word));
}

/** Whether no word names a package. A word after a `--option` may be its value, and does not count. */
function namesNoPackage(words: readonly string[]): boolean {
  return words.every(
    (word, at) => word.startsWith('-') || INSTALL_PROJECT.includes(word) || /^--[^=]+$/.test(words[at - 1] ?? ''),
  );
}
