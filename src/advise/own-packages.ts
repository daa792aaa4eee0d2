import data from '../../config/packages.json' with { type: 'json' };
import { hasNodePackages, isCompiled, type Runtime, runtimeOf } from '../classify/verdict.ts';
import { anyOf } from '../common/any-of.ts';
import { type ImageView, type LayerView, ownSteps } from '../policy/image-view.ts';
import {
  INSTALL_WORDS,
  installsPackages,
  isToolchain,
  onlyUpgrades,
  PACKAGE_MANAGERS,
  removesPackages,
} from '../policy/installs.ts';
import { type Command, parseScript } from '../policy/shell.ts';

/** The distribution packages that an image's own steps installed. */
export interface OwnPackages {
  /** The package manager of the first command that installed any. */
  readonly manager: 'apt' | 'apk' | 'other' | undefined;
  /** Names of packages that the program may call or load; the step that installed one did not remove it again. */
  readonly run: readonly string[];
  /** Names of packages that only a build needs: compilers, headers, programs that fetch sources. */
  readonly build: readonly string[];
  /** Those of them that are headers and were not removed, so that nothing else may have installed their libraries. */
  readonly headers: readonly string[];
  /** Whether the steps added package repositories, from which some of the packages may come. */
  readonly addsRepositories: boolean;
}

const MENTIONS_MANAGER = /\b(?:apt|apk|yum|dnf|microdnf|tdnf|zypper)\b/;
/** Options whose value is the next word. */
const TAKES_VALUE = ['-t', '--virtual', '-o', '-c', '-X', '--repository', '--target-release', '--repo', '--enablerepo'];
const PACKAGE_NAME = /^[a-z0-9][a-z0-9.+_-]*$/i;
const ADDS_REPOSITORY = /sources\.list(?:\.d)?\b|\badd-apt-repository\b|\/etc\/apk\/repositories|\s--repository[ =]/;
/** What steps need to add a package repository, and programs do not call. */
const FOR_REPOSITORIES = /^(?:gnupg2?|lsb-release|apt-transport-https|apt-utils|software-properties-common)$/;
const FOR_BUILDS = anyOf([
  /-dev(?:el)?$|-headers$/,
  /^(?:automake|autoconf|libtool|make|meson|patch|flex|bison|swig|nasm|yasm|protobuf-compiler|protoc)$/,
  /^(?:pkg-?conf(?:ig)?|git)$/,
  FOR_REPOSITORIES,
]);
/** Programs that fetch files serve the build, unless a health check may call them. */
const FETCHERS = ['curl', 'wget'];
/** node-gyp needs Python to build. */
const OF_NODE_GYP = /^python[23]?$/;

function isForNodeGyp(name: string, all: readonly string[], runtime: Runtime): boolean {
  return OF_NODE_GYP.test(name) && hasNodePackages(runtime) && all.some(isToolchain);
}

/** Packages of the runtime itself, as installed on a plain distribution. Official images of the runtime contain it. */
const OF_RUNTIME = new Map(Object.entries(data.runtimes).map(([runtime, { names }]) => [runtime, new RegExp(names)]));

/** Those of them that only a build needs: package managers. A JDK's packages are known by {@link isToolchain}. */
const OF_RUNTIME_FOR_BUILDS =
  /^(?:.*npm\d*|yarn|.*-?pip|.*-(?:venv|setuptools|wheel|distutils|bundler)|bundler|composer)$/;

const NONE: OwnPackages = { manager: undefined, run: [], build: [], headers: [], addsRepositories: false };

/** Returns the packages that the image's own RUN steps installed. */
export function ownPackages(view: ImageView): OwnPackages {
  if (!PACKAGE_MANAGERS.some((program) => view.ownPrograms.has(program))) return NONE;
  const steps = ownSteps(view).filter(({ verb }) => verb === 'RUN');
  // Parsing scripts is the expensive part, and few steps install packages.
  const scripts = steps.flatMap(({ args }) => (MENTIONS_MANAGER.test(args) ? [parseScript(args)] : []));
  const { name: runtime } = runtimeOf(view.image.verdict);
  const withoutRuntime = (names: readonly string[]) =>
    [...new Set(names)].filter((name) => !isOfRuntime(name, runtime));
  const all = withoutRuntime(scripts.flat().filter(installsPackages).flatMap(namesIn));
  const kept = withoutRuntime(scripts.flatMap(installedBy));
  const isForBuild = (name: string): boolean =>
    buildsOnly(name) || (FETCHERS.includes(name) && !view.image.config.healthcheck) || isForNodeGyp(name, all, runtime);
  return {
    manager: managerOf(scripts.flat().find(installsPackages)?.program),
    run: kept.filter((name) => !isForBuild(name)),
    build: all.filter(isForBuild),
    headers: kept.filter((name) => HEADERS.test(name) && isForBuild(name)),
    addsRepositories: steps.some(({ args }) => ADDS_REPOSITORY.test(args)),
  };
}

/**
 * Whether a layer also installs packages that the program may need: the runtime itself, or libraries. A JDK
 * contains the runtime.
 */
export function installsForProgram({ commands }: LayerView, runtime: Runtime): boolean {
  return installedBy(commands).some((name) => {
    if (isOfRuntime(name, runtime)) return !FOR_BUILDS.test(name);
    return !buildsOnly(name) && !OF_NODE_GYP.test(name) && !addsNothing(name);
  });
}

/** Whether only a build needs a package, whatever else is installed. */
function buildsOnly(name: string): boolean {
  return isToolchain(name) || FOR_BUILDS.test(name);
}

/** Whether a package is no loss: it fetches files, adds a repository, or is in every image. */
function addsNothing(name: string): boolean {
  return FETCHERS.includes(name) || FOR_REPOSITORIES.test(name) || EVERYWHERE.test(name);
}

/**
 * Whether a layer installs packages that the program may need, but neither the runtime nor what only a build needs,
 * except for what fetches files or adds a repository.
 */
export function installsForProgramAlone({ commands }: LayerView, runtime: Runtime): boolean {
  const names = installedBy(commands);
  const isOther = (name: string): boolean =>
    isOfRuntime(name, runtime) || OF_NODE_GYP.test(name) || (buildsOnly(name) && !addsNothing(name));
  const areNamed = commands.every((command) => !addsUnnamed(command));
  return areNamed && !names.some(isOther) && !names.every(addsNothing);
}

/** Newer versions of what the base has, which a second stage has as they are, or what another package is built with. */
const ADD_UNNAMED = /^(?:(?:dist-|full-)?upgrade|up|dup|build-dep)$/;

/** Whether a command adds packages that it does not name: those of a variable, a file, a group, or newer ones. */
function addsUnnamed(command: Command): boolean {
  if (!PACKAGE_MANAGERS.includes(command.program)) return false;
  const [verb = ''] = argumentsIn(command);
  const updates = onlyUpgrades(command) || (verb === 'update' && !/^ap(?:t|k)/.test(command.program));
  return updates || ADD_UNNAMED.test(verb) || (installsPackages(command) && namedIn(command).some(isNoName));
}

/** Whether the image's own steps installed the runtime as a package of the distribution. */
export function installsRuntime({ own, ownPrograms, image }: ImageView): boolean {
  const { name: runtime } = runtimeOf(image.verdict);
  return (
    PACKAGE_MANAGERS.some((program) => ownPrograms.has(program)) &&
    own.some(({ commands }) => installedBy(commands).some((name) => isOfRuntime(name, runtime)))
  );
}

/**
 * Whether a layer installs the runtime as a package of the distribution: `alone`, with nothing but what it needs,
 * or with more that a build may leave behind. Package managers come with the runtime that they are for.
 */
export function bringsRuntime({ commands }: LayerView, runtime: Runtime): 'alone' | 'with more' | undefined {
  const names = installedBy(commands);
  const ofRuntime = names.filter((name) => isOfRuntime(name, runtime) && !FOR_BUILDS.test(name));
  if (ofRuntime.length === 0) return undefined;
  const isNeeded = (name: string): boolean =>
    EVERYWHERE.test(name) || (ofRuntime.includes(name) && !isToolchain(name) && !OF_RUNTIME_FOR_BUILDS.test(name));
  return names.every(isNeeded) ? 'alone' : 'with more';
}

function isOfRuntime(name: string, runtime: Runtime): boolean {
  return OF_RUNTIME.get(runtime)?.test(name) === true;
}

function managerOf(program: string | undefined): OwnPackages['manager'] {
  if (program === undefined || program === 'apk') return program;
  return program.startsWith('apt') ? 'apt' : 'other';
}

function installedBy(commands: readonly Command[]): readonly string[] {
  const removed = new Set(commands.filter(removesPackages).flatMap(({ words }) => words));
  return commands
    .filter((command) => installsPackages(command) && !removed.has(virtualName(command) ?? ''))
    .flatMap(namesIn)
    .filter((name) => !removed.has(name));
}

/** Returns the name of the virtual package under which `apk add` groups packages, so that `apk del` can remove them. */
function virtualName({ words }: Command): string | undefined {
  const option = words.findIndex((word) => word === '--virtual' || word === '-t' || word.startsWith('--virtual='));
  const word = words[option];
  return word?.includes('=') ? word.slice(word.indexOf('=') + 1) : word && words[option + 1];
}

function namesIn(command: Command): readonly string[] {
  return namedIn(command).filter((name) => !isNoName(name));
}

/** Returns what a command installs, without versions and architectures (`libpq5=15.*`, `libc6:i386`). */
function namedIn(command: Command): readonly string[] {
  const named = argumentsIn(command).filter((word) => !INSTALL_WORDS.includes(word));
  return named.map((word) => word.replace(/(?:[=<>~]|:(?!\/\/)).*$/s, ''));
}

function isNoName(name: string): boolean {
  return !PACKAGE_NAME.test(name);
}

function argumentsIn({ words }: Command): readonly string[] {
  return words.filter((word, at) => !word.startsWith('-') && !TAKES_VALUE.includes(words[at - 1] ?? ''));
}

/** Packages that every distroless image contains or makes unnecessary. */
const EVERYWHERE = /^(?:ca-certificates|tzdata|tini|dumb-init|openssl|libc6-compat|libstdc\+\+6?|libgcc(?:-s1)?)$/;

/**
 * Packages of shared libraries: Debian's `librdkafka1`, `libvips42t64` and `libsqlite3-0`, Alpine's `librdkafka` and
 * `sqlite-libs`. Those of C, C++ and OpenSSL show nothing, and some are installed for the programs in them.
 */
export const SHARED_LIBRARY =
  /^lib(?!c6|cap$|crypto|gcc|intl$|reoffice|ssl|stdc)(?:[a-z]+|[a-z][\w+.-]{0,60}\d(?:t64)?)$|-libs$/;

/** Headers of C libraries, which what was compiled with them loads; compilers come with those of C itself. */
export const HEADERS = /^(?!libc6?-dev$|musl-dev$|glibc-devel$).+-dev(?:el)?$/;

/**
 * Whether a layer installs the runtime, and nothing else that a base with the runtime lacks.
 * @param inStages whether what only the build needs, such as a compiler, is in an earlier stage
 */
export function installsRuntimeAlone({ commands }: LayerView, runtime: Runtime, inStages: boolean): boolean {
  const names = installedBy(commands);
  const isLeft = (name: string): boolean =>
    addsNothing(name) || (inStages && (buildsOnly(name) || isForNodeGyp(name, names, runtime)));
  const ofRuntime = names.filter((name) => isOfRuntime(name, runtime));
  return ofRuntime.length > 0 && names.every((name) => ofRuntime.includes(name) || isLeft(name));
}

/** Headers of libraries that bring many others: for images and videos, windows, maps. */
const LARGE_HEADERS =
  /^(?:lib)?(?:vips|(?:image|graphics)?magick.*|opencv.*|gdal|gtk.*|webkit.*|gstreamer.*|ffmpeg|av\w+|qt.*)-dev(?:el)?$/i;

/** Whether a layer installs headers of libraries that bring many others. */
export function installsLargeHeaders({ commands }: LayerView): boolean {
  return installedBy(commands).some((name) => LARGE_HEADERS.test(name));
}

/** Whether a layer installs headers of libraries, which what was compiled with them loads. */
export function installsHeaders({ commands }: LayerView): boolean {
  return installedBy(commands).some(isHeaders);
}

function isHeaders(name: string): boolean {
  return HEADERS.test(name) && !name.startsWith('python');
}

/**
 * Whether the program needs packages that images without a package manager, such as distroless ones, lack. What
 * compiled programs link is told by `linksLibraries`.
 * @param isStatic whether it is a program in C that needs no libraries
 */
export function needsPackages(view: ImageView, isStatic = false): boolean {
  const { run, headers } = ownPackages(view);
  return (
    run.some((name) => !EVERYWHERE.test(name)) ||
    (!(isStatic || isCompiled(runtimeOf(view.image.verdict).name)) && headers.some(isHeaders))
  );
}
