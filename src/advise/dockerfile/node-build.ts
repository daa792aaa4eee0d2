import { installsProject, isToolchain, projectFolderOf } from '../../policy/installs.ts';
import { baseName, isWithin, withoutDotSlash } from '../../policy/paths.ts';
import { type Command, hasOption, type PlacedCommand, runs } from '../../policy/shell.ts';
import { ALPINE } from '../releases.ts';
import { contextFolderBelow, folderBelow } from './copies.ts';
import { copySteps, sourceSteps } from './copy-steps.ts';
import { isIgnored } from './dockerignore.ts';
import { argumentLines, environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { officialTag } from './lines.ts';
import { runWith } from './mounts.ts';
import {
  type Commands,
  commandsOf,
  installOptions,
  packageManagerOf,
  runnerOf,
  setUpStep,
} from './package-managers.ts';
import { buildPackageNote, buildPackages, installStep } from './packages.ts';

/** Returns the name of the build script that a command runs: `build:prod`. */
function buildScriptOf({ program, words }: Command): string | undefined {
  if (bundles({ program, words })) return undefined;
  return /^(?:npm|pnpm|yarn|bun)$/.test(program) ? words.find((word) => /^build(?::[\w.-]+)?$/.test(word)) : undefined;
}

/** Whether a command is Bun's bundler: `bun build src/index.ts --outdir dist`. A script takes `bun run build`. */
function bundles({ program, words }: Command): boolean {
  return program === 'bun' && words[0] === 'build';
}

/** Programs that build single packages of a repository, with the options and words that name the package. */
const PACKAGE_BUILDERS = /^(?:npm|pnpm|yarn|turbo|nx|lerna)$/;
const NAMES_PACKAGE =
  /^(?:-[FwCr]|-ws|--(?:recursive|workspaces|filter|workspace|prefix|dir|cwd|scope|projects?)(?:=.*)?|workspaces?)$/;
/** Programs of dependencies that npx starts. */
const OF_DEPENDENCIES = /^(?:turbo|nx|lerna|tsc|nest|next|vite|ng)$/;

/**
 * Returns the commands by which the image's own steps built the program, each in its folder: scripts of the project,
 * builds of one package of several (`pnpm --filter api build`); without them compilers (`npx tsc`).
 * @param build returns the command that runs a script
 */
function ownBuilds(facts: DockerfileFacts, build: Commands['build']): readonly string[] {
  const hasScript = facts.commands.some((command) => buildScriptOf(command) !== undefined);
  const builds = facts.commands.flatMap((command) => {
    const script = buildScriptOf(command);
    const text =
      buildsPackage(command) || (!hasScript && compilesProject(command))
        ? asWritten(command, runnerOf(facts))
        : script && build(script);
    return text === undefined ? [] : [inFolder(text, folderBelow(command.folder, facts))];
  });
  return [...new Set(builds)];
}

function asWritten({ program, words }: Command, runner: string): string | undefined {
  if (!words.every((word) => QUOTABLE.test(word))) return undefined;
  const quoted = words.map((word) => (PLAIN.test(word) ? word : `'${word}'`));
  return `${OF_DEPENDENCIES.test(program) ? `${runner} ` : ''}${[program, ...quoted].join(' ')}`;
}

const PLAIN = /^[\w@./:=*,-]+$/;
/** What a shell takes as it is between single quotes, such as the value of `--define`. */
const QUOTABLE = /^[\w@./:=*,"+ -]+$/;

export function inFolder(command: string, folder: string): string {
  return folder === '' ? command : `cd ${folder} && ${command}`;
}

/** Returns the command that runs another in the folder of each package. */
export function inPackages(facts: DockerfileFacts, command: string): string {
  const commands = packageFolders(facts).map((folder) => inFolder(command, folder));
  return commands.length === 1 ? commands.join('') : commands.map((each) => `(${each})`).join(' && ');
}

/** Returns the folders of the packages that the image's own steps installed: `client` for `npm ci --prefix client`. */
function packageFolders(facts: DockerfileFacts): readonly string[] {
  const folders = facts.commands.filter(installsProject).map((install) => folderBelow(projectFolderOf(install), facts));
  return folders.length > 0 ? [...new Set(folders)] : [''];
}

function buildsPackage({ program, words }: Command): boolean {
  return (
    PACKAGE_BUILDERS.test(program) &&
    words.some((word) => NAMES_PACKAGE.test(word)) &&
    words.some((word) => /^(?:build|run-many)(?::|$)/.test(word))
  );
}

/** Whether the image starts one package of several: `npm start --workspace api`. */
function startsPackage({ entrypoint, cmd }: DockerfileFacts): boolean {
  const words = [...entrypoint, ...cmd].flatMap((word) => word.split(/\s+/));
  return words.some((word) => PACKAGE_BUILDERS.test(word)) && words.some((word) => NAMES_PACKAGE.test(word));
}

function compilesProject(command: Command): boolean {
  if (command.program === 'tsc') return !hasOption(command, '--version', '-v', '--noEmit', '--init');
  return bundles(command) || (OF_DEPENDENCIES.test(command.program) && command.words.includes('build'));
}

/** The files that a template copies by itself: the project's package list, lock file and settings. */
const MANIFEST =
  /^(?:\.\/)?(?:package[\w*-]*\.json|(?:yarn|bun)\.lock\w?|pnpm-(?:lock|workspace)\.yaml|\.yarnrc\.yml)\*?$/;

/** Returns the COPY of each package's list and lock file, and of other files that installing may read. */
function manifestSteps(facts: DockerfileFacts): readonly string[] {
  const { lockFiles } = commandsOf(facts);
  const isManifest = manifestTest(facts);
  const isLeftOut = (source: string): boolean => isManifest(source) || isIgnored(source, facts.runtime);
  return [
    ...packageFolders(facts).map((folder) => {
      const files = lockFiles.split(' ').map((file) => contextFolderBelow(folder, PACKAGE_LIST, facts) + file);
      return `COPY ${files.join(' ')} ./${folder === '' ? '' : `${folder}/`}`;
    }),
    ...copySteps(facts, facts.commands.findIndex(installsProject), isLeftOut),
  ];
}

/** Returns a note if the image's own build copied the package list by its name, but no lock file. */
function lockFileNote(facts: DockerfileFacts): readonly string[] {
  const [, lockFile = ''] = commandsOf(facts).lockFiles.replaceAll('*', '').split(' ');
  const ofContext = facts.copies.flatMap(({ sources }) => sources.filter((source) => !source.startsWith('/')));
  const names = ofContext.map(baseName);
  if (!names.includes('package.json') || names.some((name) => MANIFEST.test(name) && name !== 'package.json'))
    return [];
  return [`# The image was built without ${lockFile}: if there is none, create it by installing once, and commit it.`];
}

const PACKAGE_LIST = /^package[\w*-]*\.json$/;

/** Returns a test for the package lists, lock files and settings of all packages. */
export function manifestTest(facts: DockerfileFacts): (source: string) => boolean {
  const prefixes = packageFolders(facts).map((folder) => contextFolderBelow(folder, PACKAGE_LIST, facts));
  return (source) => {
    const path = withoutDotSlash(source);
    return prefixes.some((prefix) => MANIFEST.test(path.startsWith(prefix) ? path.slice(prefix.length) : path));
  };
}

function generatesPrisma({ commands }: DockerfileFacts): boolean {
  return commands.some((command) => runs(command, ['prisma'], ['generate']));
}

/** Whether the program uses Prisma; a script of its package may generate the client while packages are installed. */
function usesPrisma({ commands, copies, entrypoint, cmd }: DockerfileFacts): boolean {
  return (
    commands.some(({ program }) => program === 'prisma') ||
    copies.some(({ sources }) => sources.some((source) => PRISMA.test(source))) ||
    [...entrypoint, ...cmd].some((word) => /(?:^|\s)prisma(?!\S)/.test(word))
  );
}

/** Its folder, or its schema. */
const PRISMA = /(?:^|\/)(?:prisma\/?|schema\.prisma)$/;

/** Prisma generates its client for the OpenSSL that it finds, and calls it; slim images have none. */
export function packagesOfPrisma(facts: DockerfileFacts): readonly string[] {
  return usesPrisma(facts) ? ['openssl'] : [];
}

/**
 * Returns the step that installs packages for the build: node-gyp's tools for native addons, if the image's own steps
 * installed a compiler.
 */
function packagesStep(facts: DockerfileFacts): readonly string[] {
  const compiles = facts.packages.build.some((name) => isToolchain(name) || /-dev$/.test(name));
  const ofPackage = facts.usesPackage ? ['nodejs', 'npm'] : [];
  const names = [
    ...ofPackage,
    ...(compiles ? ['python3', 'make', 'g++', ...buildPackages(facts)] : []),
    ...packagesOfPrisma(facts),
  ];
  return [...(compiles ? buildPackageNote(facts) : []), ...(names.length > 0 ? [installStep(facts, names)] : [])];
}

/**
 * Whether the image's own build installed the packages of a repository together. The lists of the single packages
 * are somewhere among the sources, as are yarn's own release and plugins from version 2 on.
 */
function installsRepository(facts: DockerfileFacts): boolean {
  const { commands, workdir, folder } = facts;
  const buildsBelow = (command: PlacedCommand<string>): boolean =>
    buildScriptOf(command) !== undefined && folderBelow(command.folder, facts) !== '';
  const isOfSeveral =
    packageManagerOf(facts) === 'berry' ||
    workdir !== folder ||
    startsPackage(facts) ||
    commands.some((command) => buildsPackage(command) || buildsBelow(command));
  return isOfSeveral && packageFolders(facts).every((folder) => folder === '');
}

/** Whether the image's own build copied the whole context, or unknown folders, before it installed packages. */
function installsFromContext({ commands, copies, folder }: DockerfileFacts): boolean {
  const install = commands.findIndex(installsProject);
  return copies.some(
    ({ isContext, sources, into, commandsBefore }) =>
      isContext && commandsBefore <= install && (sources.length === 0 ? isWithin(into, folder) : into === folder),
  );
}

const ALL_LISTS =
  '# Before installing, copy the lists of all packages instead, so that a change of sources installs nothing.';
const MORE_FILES = '# If installing reads more, such as lists of other packages or patches, copy that here, too.';

/**
 * Returns the COPY of what installing reads. If the image's own build had all sources there, that may be more than the
 * package list and the lock file.
 * @param sources the COPY of the sources
 */
function installedFiles(facts: DockerfileFacts, sources: readonly string[]): readonly string[] {
  if (!installsFromContext(facts)) return manifestSteps(facts);
  return installsRepository(facts) ? [ALL_LISTS, ...sources] : [MORE_FILES, ...manifestSteps(facts)];
}

const NODE_MODULES = [
  "# Packages in node_modules need no yarn at run time. The default of yarn, Plug'n'Play, leaves them in its cache.",
  'ENV YARN_NODE_LINKER=node-modules',
];

const CACHE_BESIDE_SOURCES = [
  "# Plug'n'Play loads packages from yarn's cache: it goes into the image with the program.",
  'ENV YARN_ENABLE_GLOBAL_CACHE=false',
];

function startsByPlugAndPlay({ entrypoint, cmd }: DockerfileFacts): boolean {
  return [...entrypoint, ...cmd].some((word) => word.includes('.pnp.'));
}

/** Returns the reference of the runtime's official image; Alpine's own if that has the runtime as a package. */
export function imageOf(facts: DockerfileFacts): string {
  if (facts.usesPackage) return `alpine:${ALPINE}`;
  if (facts.runtime === 'node') return officialTag('node', facts, 'suite-slim');
  return `oven/bun:${facts.release}-${facts.base === 'alpine-base' ? 'alpine' : 'slim'}`;
}

/** Returns the stage that installs the project's packages and builds it, in the image's own folder. */
export function buildStage(facts: DockerfileFacts): string[] {
  const manager = packageManagerOf(facts);
  const { cache, install, build } = commandsOf(facts);
  const sources = sourceSteps(facts, manifestTest(facts));
  const manifests = installedFiles(facts, sources);
  const own = ownBuilds(facts, build);
  // Sources that were copied by name may not include what a build script needs that the image never ran.
  const builds = own.length === 0 && sources.includes('COPY . .') ? [build('build')] : own;
  return [
    `FROM ${imageOf(facts)} AS build`,
    ...environmentLines({ env: facts.registries }),
    ...packagesStep(facts),
    ...setUpStep(facts, manager),
    ...(manager !== 'berry' ? [] : startsByPlugAndPlay(facts) ? CACHE_BESIDE_SOURCES : NODE_MODULES),
    ...environmentLines(facts.nodeBuild),
    `WORKDIR ${facts.folder}`,
    ...lockFileNote(facts),
    ...manifests,
    `${runWith(facts, cache)} ${inPackages(facts, install + installOptions(facts, manager))}`,
    ...sources.filter((step) => !manifests.includes(step)),
    ...(generatesPrisma(facts) ? [`RUN ${runnerOf(facts)} prisma generate`] : []),
    ...argumentLines(facts.nodeBuild.args),
    ...builds.map((command) => `RUN ${command}`),
  ];
}
