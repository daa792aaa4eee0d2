import { isToolchain } from '../../policy/rules/build-tools.ts';
import { type Command, hasOption, runs } from '../../policy/shell.ts';
import { closingLines, settingLines } from './closing.ts';
import { contextFolderOf, copiesFile, copySteps, sourceSteps } from './copies.ts';
import { isIgnored } from './dockerignore.ts';
import { jsonWords } from './exec-form.ts';
import { argsOf, type DockerfileFacts, environmentLines, officialTag, programFolderLines } from './facts.ts';
import { buildPackageNote, buildPackages, installStep, runPackages } from './packages.ts';
import { withProgramNames } from './start-words.ts';

/** `berry` is yarn from version 2 on. */
type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'berry' | 'bun';

interface Commands {
  /** The files that COPY names: package.json, the lock file, settings. */
  readonly lockFiles: string;
  /** The folder that the cache is mounted on. */
  readonly cache: string;
  readonly install: string;
  /** Returns the command that runs one of the project's scripts, if it has one of that name. */
  readonly build: (script: string) => string;
  /** Removes the dependencies that production does not need. */
  readonly prune: string;
}

/** The last release whose official images contain Corepack. */
const LAST_WITH_COREPACK = 24;

function yarnBuild(script: string): string {
  return `if node -e "process.exit(require('./package.json').scripts?.['${script}'] ? 0 : 1)"; then yarn run ${script}; fi`;
}

const COMMANDS: Readonly<Record<PackageManager, Commands>> = {
  npm: {
    lockFiles: 'package.json package-lock.json',
    cache: '/root/.npm',
    install: 'npm ci',
    build: (script) => `npm run ${script} --if-present`,
    prune: 'npm prune --omit=dev',
  },
  pnpm: {
    lockFiles: 'package.json pnpm-lock.yaml',
    cache: '/root/.local/share/pnpm/store',
    install: 'corepack enable && pnpm install --frozen-lockfile',
    build: (script) => `pnpm run --if-present ${script}`,
    prune: 'CI=true pnpm prune --prod',
  },
  yarn: {
    lockFiles: 'package.json yarn.lock',
    cache: '/usr/local/share/.cache/yarn',
    install: 'corepack enable && yarn install --frozen-lockfile',
    build: yarnBuild,
    prune: 'yarn install --frozen-lockfile --production --ignore-scripts --prefer-offline',
  },
  berry: {
    lockFiles: 'package.json yarn.lock .yarnrc.ym[l]',
    cache: '/root/.yarn/berry/cache',
    install: 'corepack enable && yarn install --immutable',
    build: yarnBuild,
    prune: 'yarn workspaces focus --all --production',
  },
  bun: {
    lockFiles: 'package.json bun.lock*',
    cache: '/root/.bun/install/cache',
    install: 'npm install -g bun && bun install --frozen-lockfile',
    build: (script) => `bun run --if-present ${script}`,
    prune: 'rm -rf node_modules && bun install --frozen-lockfile --production',
  },
};

/**
 * Returns the package manager by the commands that the image's steps ran, or the lock file that they copied. If they
 * copied several lock files, it is the package manager that starts the image, else npm.
 */
function packageManagerOf(facts: DockerfileFacts): PackageManager {
  const { commands, program } = facts;
  const copies = (name: string): boolean => facts.copies.some((copy) => copiesFile(copy, name));
  const locks = Object.entries(LOCK_FILES).filter(([, lockFile]) => copies(lockFile));
  if (locks.length > 1) return locks.find(([name]) => name === program) ? (program as PackageManager) : 'npm';
  const installs = (name: string): boolean =>
    commands.some((command) => command.program === name && !command.words.includes('--version'));
  if (installs('pnpm') || copies(LOCK_FILES.pnpm)) return 'pnpm';
  if (installs('bun') || copies(LOCK_FILES.bun)) return 'bun';
  const isBerry =
    commands.some((command) => runs(command, ['yarn'], ['--immutable', 'focus'])) || copies('.yarnrc.yml');
  if (isBerry) return 'berry';
  return installs('yarn') || copies(LOCK_FILES.yarn) ? 'yarn' : 'npm';
}

const LOCK_FILES = { npm: 'package-lock.json', pnpm: 'pnpm-lock.yaml', yarn: 'yarn.lock', bun: 'bun.lock' } as const;

/** Returns the name of the last build script that the image's own steps ran, if they ran any: `build:prod`. */
function buildScriptOf({ commands }: DockerfileFacts): string | undefined {
  const scripts = commands.flatMap(({ program, words }) =>
    /^(?:npm|pnpm|yarn|bun)$/.test(program) ? words.filter((word) => /^build(?::[\w.-]+)?$/.test(word)) : [],
  );
  return scripts.at(-1);
}

/** Programs that build single packages of a repository, with the options and words that name the package. */
const PACKAGE_BUILDERS = /^(?:npm|pnpm|yarn|turbo|nx|lerna)$/;
const NAMES_PACKAGE = /^(?:-[FwC]|--(?:filter|workspace|prefix|dir|cwd|scope|projects?)(?:=.*)?|workspace)$/;
/** Programs of dependencies that npx starts. */
const OF_DEPENDENCIES = /^(?:turbo|nx|lerna|tsc|nest|next|vite|ng)$/;

/**
 * Returns the command by which the image's own steps built the program, if that is more than a script of the project:
 * a build of one package of several (`pnpm --filter api build`), or a compiler (`npx tsc`).
 */
function ownBuildOf(facts: DockerfileFacts): string | undefined {
  const builds = facts.commands.filter((command) => buildsPackage(command));
  const compiles =
    buildScriptOf(facts) === undefined ? facts.commands.filter((command) => compilesProject(command)) : [];
  const own = builds.at(-1) ?? compiles.at(-1);
  if (own === undefined || !own.words.every((word) => /^[\w@./:=*,-]+$/.test(word))) return undefined;
  return `${OF_DEPENDENCIES.test(own.program) ? 'npx ' : ''}${[own.program, ...own.words].join(' ')}`;
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

/** Returns those options of npm that the image's own build used because some projects do not install without them. */
function installOptions({ commands }: DockerfileFacts, manager: PackageManager): string {
  if (manager !== 'npm') return '';
  const options = ['--legacy-peer-deps', '--force'].filter((option) =>
    commands.some((command) => runs(command, ['npm'], ['ci', 'install', 'i']) && hasOption(command, option)),
  );
  return options.map((option) => ` ${option}`).join('');
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

/** Returns the COPY of the project's package list and lock file, and of other files that installing may read. */
function manifestSteps(facts: DockerfileFacts): readonly string[] {
  const { lockFiles } = COMMANDS[packageManagerOf(facts)];
  const files = lockFiles.split(' ').map((file) => projectFolderOf(facts) + file);
  const isLeftOut = (source: string): boolean => isManifest(source, facts) || isIgnored(source, 'node');
  return [`COPY ${files.join(' ')} ./`, ...copySteps(facts, facts.commands.findIndex(installsProject), isLeftOut)];
}

/** Returns the folder of the build context that holds package.json: `server/`; empty for the context itself. */
function projectFolderOf(facts: DockerfileFacts): string {
  return contextFolderOf(/^package[\w*-]*\.json$/, facts);
}

function isManifest(source: string, facts: DockerfileFacts): boolean {
  const prefix = projectFolderOf(facts);
  const path = source.replace(/^(?:\.\/)+/, '');
  return MANIFEST.test(path.startsWith(prefix) ? path.slice(prefix.length) : path);
}

/** Returns the step that generates Prisma's client, if the image's own steps have one. */
function prismaStep({ commands }: DockerfileFacts): readonly string[] {
  return commands.some((command) => runs(command, ['prisma'], ['generate'])) ? ['RUN npx prisma generate'] : [];
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

/** Returns the step that installs node-gyp's tools for native addons, if the image's own steps installed a compiler. */
function gypStep(facts: DockerfileFacts): readonly string[] {
  const { build } = facts.packages;
  if (!build.some((name) => isToolchain(name) || /-dev$/.test(name))) return [];
  return [...buildPackageNote(facts), installStep(facts, ['python3', 'make', 'g++', ...buildPackages(facts)])];
}

/**
 * Returns a Dockerfile for Node.js: one stage installs, builds and prunes; the last one holds the program and its
 * production dependencies.
 */
export function nodeDockerfile(facts: DockerfileFacts): string {
  return facts.framework.startsWith('next') ? nextDockerfile(facts) : serviceDockerfile(facts);
}

function buildStage(facts: DockerfileFacts): string[] {
  const manager = packageManagerOf(facts);
  const { cache, install, build } = COMMANDS[manager];
  const manifests = manifestSteps(facts);
  const sources = sourceSteps(facts, (source) => isManifest(source, facts));
  // Sources that were copied by name may not include what a build script needs that the image never ran.
  const script = buildScriptOf(facts) ?? (sources.includes('COPY . .') ? 'build' : undefined);
  const command = ownBuildOf(facts) ?? (script && build(script));
  const corepack = /corepack/.test(install) && Number(facts.release) > LAST_WITH_COREPACK;
  return [
    `FROM ${officialTag('node', facts, 'suite-slim')} AS build`,
    ...gypStep(facts),
    `WORKDIR ${facts.folder}`,
    ...manifests,
    ...(corepack ? ['RUN npm install -g corepack'] : []),
    `RUN --mount=type=cache,target=${cache} ${install}${installOptions(facts, manager)}`,
    ...sources.filter((step) => !manifests.includes(step)),
    ...prismaStep(facts),
    ...(command === undefined ? [] : [`RUN ${command}`]),
  ];
}

function serviceDockerfile(facts: DockerfileFacts): string {
  const manager = packageManagerOf(facts);
  const { cache, prune } = COMMANDS[manager];
  return [
    ...buildStage(facts),
    `RUN --mount=type=cache,target=${cache} ${prune}${installOptions(facts, manager)}`,
    '',
    ...lastStage(facts),
    // The .dockerignore keeps development files out, so that the folder holds only what the program reads.
    ...programFolderLines(facts, isDistroless(facts) ? '65532:65532' : 'node:node'),
    userLine(facts),
    ...lastLines(facts),
  ].join('\n');
}

function lastStage(facts: DockerfileFacts): string[] {
  const base = isDistroless(facts)
    ? `gcr.io/distroless/nodejs${facts.release}-debian13:nonroot`
    : officialTag('node', facts, 'suite-slim');
  return [
    `FROM ${base}`,
    ...(isDistroless(facts) ? [] : [...runPackages(facts), ...globalStep(facts)]),
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

function lastLines(facts: DockerfileFacts): readonly string[] {
  if (isDistroless(facts)) return distrolessStart(facts);
  const isByScript = ['npm', 'pnpm', 'yarn'].includes(facts.program);
  return closingLines(
    withProgramNames(facts),
    'CMD ["node", "server.js"]',
    isByScript ? [BETTER_THAN_SCRIPT] : undefined,
  );
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
    'ENV NEXT_TELEMETRY_DISABLED=1 HOSTNAME=0.0.0.0',
    `WORKDIR ${folder}`,
    `COPY --from=build ${workdir}/.next/standalone ./`,
    `COPY --from=build ${workdir}/.next/static ${to}/.next/static`,
    `COPY --from=build ${workdir}/public ${to}/public`,
    userLine(facts),
    ...settingLines({ ...withNode(facts), ports }),
    `CMD ${jsonWords([...(isDistroless(facts) ? [] : ['node']), below === '' ? 'server.js' : `${below}/server.js`])}`,
  ].join('\n');
}
