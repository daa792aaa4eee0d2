import { absolutePath, baseName, type PlacedCommand, withoutDotSlash } from '../../policy/paths.ts';
import { isToolchain } from '../../policy/rules/build-tools.ts';
import { type Command, hasOption, runs, valuesOf } from '../../policy/shell.ts';
import { closingLines, settingLines } from './closing.ts';
import { contextFolderBelow, copySteps, folderBelow, sourceSteps } from './copies.ts';
import { isIgnored } from './dockerignore.ts';
import { environmentLines } from './environment.ts';
import { jsonWords } from './exec-form.ts';
import { argsOf, type DockerfileFacts, officialTag, programFolderLines } from './facts.ts';
import { runWith } from './mounts.ts';
import { COMMANDS, type Commands, installOptions, packageManagerOf, setUpStep } from './package-managers.ts';
import { buildPackageNote, buildPackages, installStep, runPackages } from './packages.ts';
import { startedByNpm, withProgramNames } from './start-words.ts';

/** Returns the name of the build script that a command runs: `build:prod`. */
function buildScriptOf({ program, words }: Command): string | undefined {
  return /^(?:npm|pnpm|yarn|bun)$/.test(program) ? words.find((word) => /^build(?::[\w.-]+)?$/.test(word)) : undefined;
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
      buildsPackage(command) || (!hasScript && compilesProject(command)) ? asWritten(command) : script && build(script);
    return text === undefined ? [] : [inFolder(text, folderBelow(command.folder, facts))];
  });
  return [...new Set(builds)];
}

function asWritten({ program, words }: Command): string | undefined {
  if (!words.every((word) => /^[\w@./:=*,-]+$/.test(word))) return undefined;
  return `${OF_DEPENDENCIES.test(program) ? 'npx ' : ''}${[program, ...words].join(' ')}`;
}

function inFolder(command: string, folder: string): string {
  return folder === '' ? command : `cd ${folder} && ${command}`;
}

/** Returns the command that runs another in the folder of each package. */
function inPackages(facts: DockerfileFacts, command: string): string {
  const commands = packageFolders(facts).map((folder) => inFolder(command, folder));
  return commands.length === 1 ? commands.join('') : commands.map((each) => `(${each})`).join(' && ');
}

/** Returns the folders of the packages that the image's own steps installed: `client` for `npm ci --prefix client`. */
function packageFolders(facts: DockerfileFacts): readonly string[] {
  const folders = facts.commands.filter(installsProject).map((command) => {
    const named = valuesOf(command, '--prefix', '--dir', '--cwd', '-C').at(-1);
    return folderBelow(absolutePath(named ?? '.', command.folder), facts);
  });
  return folders.length > 0 ? [...new Set(folders)] : [''];
}

function buildsPackage({ program, words }: Command): boolean {
  return (
    PACKAGE_BUILDERS.test(program) &&
    words.some((word) => NAMES_PACKAGE.test(word)) &&
    words.some((word) => /^(?:build|run-many)(?::|$)/.test(word))
  );
}

function compilesProject(command: Command): boolean {
  if (command.program === 'tsc') return !hasOption(command, '--version', '-v', '--noEmit', '--init');
  return OF_DEPENDENCIES.test(command.program) && command.words.includes('build');
}

/** Reports whether a command installs the project's dependencies, not a global package. */
function installsProject(command: Command): boolean {
  const installs =
    runs(command, ['npm', 'pnpm', 'yarn', 'bun'], ['ci', 'install', 'i', 'clean-install']) ||
    (command.program === 'yarn' && command.words.every((word) => word.startsWith('-')));
  return installs && !hasOption(command, '-g', '--global', '--version');
}

/** The files that a template copies by itself: the project's package list, lock file and settings. */
const MANIFEST = /^(?:\.\/)?(?:package[\w*-]*\.json|(?:yarn|bun)\.lock\w?|pnpm-lock\.yaml|\.yarnrc\.yml)\*?$/;

/** Returns the COPY of each package's list and lock file, and of other files that installing may read. */
function manifestSteps(facts: DockerfileFacts): readonly string[] {
  const { lockFiles } = COMMANDS[packageManagerOf(facts)];
  const isManifest = manifestTest(facts);
  const isLeftOut = (source: string): boolean => isManifest(source) || isIgnored(source, 'node');
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
  const [, lockFile = ''] = COMMANDS[packageManagerOf(facts)].lockFiles.split(' ');
  const ofContext = facts.copies.flatMap(({ sources }) => sources.filter((source) => !source.startsWith('/')));
  const names = ofContext.map(baseName);
  if (!names.includes('package.json') || names.some((name) => MANIFEST.test(name) && name !== 'package.json'))
    return [];
  return [`# The image was built without ${lockFile}: if there is none, create it by installing once, and commit it.`];
}

const PACKAGE_LIST = /^package[\w*-]*\.json$/;

/** Returns a test for the package lists, lock files and settings of all packages. */
function manifestTest(facts: DockerfileFacts): (source: string) => boolean {
  const prefixes = packageFolders(facts).map((folder) => contextFolderBelow(folder, PACKAGE_LIST, facts));
  return (source) => {
    const path = withoutDotSlash(source);
    return prefixes.some((prefix) => MANIFEST.test(path.startsWith(prefix) ? path.slice(prefix.length) : path));
  };
}

function generatesPrisma({ commands }: DockerfileFacts): boolean {
  return commands.some((command) => runs(command, ['prisma'], ['generate']));
}

/** Prisma generates its client for the OpenSSL that it finds, and calls it; slim images have none. */
function packagesOfPrisma(facts: DockerfileFacts): readonly string[] {
  return generatesPrisma(facts) ? ['openssl'] : [];
}

/** Returns the step that installs the global package which starts the image. pm2 also starts as `pm2-runtime`. */
function globalStep({ commands, program }: DockerfileFacts): readonly string[] {
  const isGlobal = (command: Command): boolean =>
    (runs(command, ['npm'], ['install', 'i']) && hasOption(command, '-g', '--global')) ||
    (runs(command, ['yarn'], ['global']) && runs(command, ['yarn'], ['add']));
  const names = commands.filter(isGlobal).flatMap(({ words }) => words.filter((word) => GLOBAL_NAME.test(word)));
  const started = names.find((name) => program.replace(/-(?:runtime|docker)$/, '') === name.replace(/@[^@/]+$/, ''));
  return started === undefined ? [] : [`RUN npm install -g ${started} && npm cache clean --force`];
}

const GLOBAL_NAME = /^[a-z][\w.-]*(?:@[\w.^~-]+)?$/;

/**
 * Returns the step that installs packages for the build: node-gyp's tools for native addons, if the image's own steps
 * installed a compiler.
 */
function packagesStep(facts: DockerfileFacts): readonly string[] {
  const compiles = facts.packages.build.some((name) => isToolchain(name) || /-dev$/.test(name));
  const names = [...(compiles ? ['python3', 'make', 'g++', ...buildPackages(facts)] : []), ...packagesOfPrisma(facts)];
  return [...(compiles ? buildPackageNote(facts) : []), ...(names.length > 0 ? [installStep(facts, names)] : [])];
}

/**
 * Returns a Dockerfile for Node.js: one stage installs, builds and prunes; the last one holds the program and its
 * production dependencies.
 */
export function nodeDockerfile(facts: DockerfileFacts): string {
  return facts.framework.startsWith('next') ? nextDockerfile(facts) : serviceDockerfile(facts);
}

/**
 * Reports whether the image's own build installed the packages of a repository after copying all of it. The lists of
 * the single packages are somewhere among the sources, as are yarn's own release and plugins from version 2 on.
 */
function installsRepository(facts: DockerfileFacts): boolean {
  const { commands, copies, workdir, folder } = facts;
  const install = commands.findIndex(installsProject);
  const buildsBelow = (command: PlacedCommand<string>): boolean =>
    buildScriptOf(command) !== undefined && folderBelow(command.folder, facts) !== '';
  const isOfSeveral =
    packageManagerOf(facts) === 'berry' ||
    workdir !== folder ||
    commands.some((command) => buildsPackage(command) || buildsBelow(command));
  const isWhole = copies.some(
    ({ isContext, into, commandsBefore }) => isContext && into === folder && commandsBefore <= install,
  );
  return isOfSeveral && isWhole && packageFolders(facts).join() === '';
}

const NODE_MODULES = [
  "# Packages in node_modules need no yarn at run time. The default of yarn, Plug'n'Play, leaves them in its cache.",
  'ENV YARN_NODE_LINKER=node-modules',
];

function startsByPlugAndPlay({ entrypoint, cmd }: DockerfileFacts): boolean {
  return [...entrypoint, ...cmd].some((word) => word.includes('.pnp.'));
}

function buildStage(facts: DockerfileFacts): string[] {
  const manager = packageManagerOf(facts);
  const { cache, install, build } = COMMANDS[manager];
  const sources = sourceSteps(facts, manifestTest(facts));
  const manifests = installsRepository(facts)
    ? [
        '# Before installing, copy the lists of all packages instead, so that a change of sources installs nothing.',
        ...sources,
      ]
    : manifestSteps(facts);
  const own = ownBuilds(facts, build);
  // Sources that were copied by name may not include what a build script needs that the image never ran.
  const builds = own.length === 0 && sources.includes('COPY . .') ? [build('build')] : own;
  return [
    `FROM ${officialTag('node', facts, 'suite-slim')} AS build`,
    ...packagesStep(facts),
    ...setUpStep(facts, manager),
    ...(manager === 'berry' && !startsByPlugAndPlay(facts) ? NODE_MODULES : []),
    `WORKDIR ${facts.folder}`,
    ...lockFileNote(facts),
    ...manifests,
    `${runWith(facts, cache)} ${inPackages(facts, install + installOptions(facts, manager))}`,
    ...sources.filter((step) => !manifests.includes(step)),
    ...(generatesPrisma(facts) ? ['RUN npx prisma generate'] : []),
    ...builds.map((command) => `RUN ${command}`),
  ];
}

function serviceDockerfile(facts: DockerfileFacts): string {
  const manager = packageManagerOf(facts);
  const { cache, prune } = COMMANDS[manager];
  const started = startedByNpm(facts);
  return [
    ...buildStage(facts),
    `${runWith(facts, cache)} ${inPackages(facts, prune + installOptions(facts, manager))}`,
    '',
    ...lastStage(started),
    // The .dockerignore keeps development files out, so that the folder holds only what the program reads.
    ...programFolderLines(facts, isDistroless(facts) ? '65532:65532' : 'node:node'),
    userLine(facts),
    ...lastLines(started),
  ].join('\n');
}

function lastStage(facts: DockerfileFacts): string[] {
  const base = isDistroless(facts)
    ? `gcr.io/distroless/nodejs${facts.release}-debian13:nonroot`
    : officialTag('node', facts, 'suite-slim');
  return [
    `FROM ${base}`,
    ...(isDistroless(facts) ? [] : [...runPackages(facts, packagesOfPrisma(facts)), ...globalStep(facts)]),
    'ENV NODE_ENV=production',
    ...environmentLines(facts),
  ];
}

function isDistroless({ base, needsDistribution }: DockerfileFacts): boolean {
  return base === 'distroless-base' && !needsDistribution;
}

/** Returns USER with numbers, by which Kubernetes can check runAsNonRoot. The user `node` of the official images is 1000. */
function userLine(facts: DockerfileFacts): string {
  return isDistroless(facts) ? 'USER 65532:65532' : 'USER 1000:1000';
}

const BETTER_THAN_SCRIPT =
  '# Better: the command behind the script, such as ["node", "dist/server.js"]: one process, which receives the signals.';

const ON_DEVELOPMENT =
  '# This starts a tool of development, whose packages are removed above: name what starts the program in production.';
/** Scripts and programs that serve sources during development. */
const FOR_DEVELOPMENT =
  /^(?:dev|develop|watch|start:(?:dev|debug|watch)|nodemon|ts-node(?:-dev)?|ng|react-scripts|webpack(?:-dev-server)?)$/;

const ON_NPX = '# npx downloads what is a development dependency only: make it a dependency.';
/** Returns the note on a start by a package manager that the last stage lacks. */
function insteadOf(manager: string): string {
  return `# This stage has no ${manager}: name the command that it starts, such as ["node", "dist/server.js"].`;
}

function lastLines(facts: DockerfileFacts): readonly string[] {
  if (isDistroless(facts)) return distrolessStart(facts);
  return closingLines(withProgramNames(facts), 'CMD ["node", "server.js"]', startNote(facts));
}

/** Returns the package managers that the last stage lacks: the official images have yarn 1 only, up to Node.js 25. */
function lackingManagers(facts: DockerfileFacts): readonly string[] {
  const hasYarn = Number(facts.release) <= LAST_WITH_YARN && packageManagerOf(facts) !== 'berry';
  return hasYarn ? ['pnpm'] : ['pnpm', 'yarn'];
}

const LAST_WITH_YARN = 25;

/** Returns the note on a start by a package manager, or by `npx`. */
function startNote(facts: DockerfileFacts): readonly string[] | undefined {
  const { program, entrypoint, cmd } = facts;
  const calls = (name: RegExp): boolean => [...entrypoint, ...cmd].some((word) => name.test(word));
  if (calls(FOR_DEVELOPMENT)) return [ON_DEVELOPMENT];
  const lacking = lackingManagers(facts).find((name) => calls(new RegExp(`(?:^|[\\s;&|/])${name}(?!\\S)`)));
  if (lacking !== undefined && globalStep(facts).length === 0) return [insteadOf(lacking)];
  if (['npm', 'pnpm', 'yarn'].includes(program)) return [BETTER_THAN_SCRIPT];
  return calls(/\bnpx\b/) ? [ON_NPX] : undefined;
}

/** Returns the start for distroless images: node is their entrypoint, and there is neither a shell nor npm. */
function distrolessStart(facts: DockerfileFacts): readonly string[] {
  const ports = settingLines(withNode(facts));
  const args = argsOf(facts);
  if (facts.program === 'node' && args.length > 0) return [...ports, `CMD ${jsonWords(args)}`];
  return [...ports, '# Replace server.js with the script that the image starts.', 'CMD ["server.js"]'];
}

/** Names node by its path in the health check of a distroless image, where it is not on the PATH. */
function withNode(facts: DockerfileFacts): DockerfileFacts {
  const named = withProgramNames(facts);
  const { health } = named;
  if (!isDistroless(facts) || health?.words[0] !== 'node') return named;
  return { ...named, health: { ...health, words: ['/nodejs/bin/node', ...health.words.slice(1)] } };
}

const NEXT_SETTINGS = ['NEXT_TELEMETRY_DISABLED=1', 'HOSTNAME=0.0.0.0'];

function isSame(variable: string, other: string): boolean {
  return variable.split('=', 1)[0] === other.split('=', 1)[0];
}

/** Returns a Dockerfile for Next.js with `output: "standalone"`: just the server and the modules that it traced. */
function nextDockerfile(facts: DockerfileFacts): string {
  const { workdir, folder } = facts;
  // Next.js keeps the folders of a repository with several packages.
  const below = workdir.slice(folder.length + 1);
  const to = below === '' ? '.' : `./${below}`;
  const ports = facts.ports.length > 0 ? facts.ports : ['3000'];
  return [
    '# Requires output: "standalone" in next.config.js.',
    ...buildStage(facts),
    '# COPY fails if the project does not have this folder.',
    `RUN mkdir -p ${to === '.' ? '' : `${below}/`}public`,
    '',
    ...lastStage(facts),
    ...environmentLines({ env: NEXT_SETTINGS.filter((setting) => !facts.env.some((own) => isSame(own, setting))) }),
    `WORKDIR ${folder}`,
    `COPY --from=build ${workdir}/.next/standalone ./`,
    `COPY --from=build ${workdir}/.next/static ${to}/.next/static`,
    `COPY --from=build ${workdir}/public ${to}/public`,
    userLine(facts),
    ...settingLines({ ...withNode(facts), ports }),
    `CMD ${jsonWords([...(isDistroless(facts) ? [] : ['node']), below === '' ? 'server.js' : `${below}/server.js`])}`,
  ].join('\n');
}
