import { asksVersion, type Command, hasOption, runs } from '../../policy/shell.ts';
import { copiesFile } from './copies.ts';
import type { DockerfileFacts } from './facts.ts';

/** `berry` is yarn from version 2 on. */
export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'berry' | 'bun';

/** What a package manager reads and runs. */
export interface Commands {
  /** The files that COPY names: package.json, the lock file, settings. */
  readonly lockFiles: string;
  /** Returns the command that installs the package manager, if Node.js does not bring it. */
  readonly setUp?: (version: string | undefined) => string;
  /** The folder that the cache is mounted on. */
  readonly cache: string;
  readonly install: string;
  /** Returns the command that runs one of the project's scripts, if it has one of that name. */
  readonly build: (script: string) => string;
  /** Removes the dependencies that production does not need. */
  readonly prune: string;
}

function byCorepack(name: string): NonNullable<Commands['setUp']> {
  return (version) =>
    `corepack enable${version === undefined ? '' : ` && corepack prepare ${name}@${version} --activate`}`;
}

function byNpm(name: string): NonNullable<Commands['setUp']> {
  return (version) => `npm install -g ${name}${version === undefined ? '' : `@${version}`}`;
}

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
    // The settings that the lock file was made with are in the workspace's file, even if it has no packages.
    lockFiles: 'package.json pnpm-lock.yaml pnpm-workspace.yam[l]',
    setUp: byCorepack('pnpm'),
    cache: '/root/.local/share/pnpm/store',
    install: 'pnpm install --frozen-lockfile',
    build: (script) => `pnpm run --if-present ${script}`,
    // "pnpm prune" takes away the packages of each project in a workspace, and runs "prepare" (husky, which is gone).
    prune:
      'CI=true pnpm install --frozen-lockfile --prod --ignore-scripts --prefer-offline --config.modules-cache-max-age=0',
  },
  yarn: {
    lockFiles: 'package.json yarn.lock',
    setUp: byCorepack('yarn'),
    cache: '/usr/local/share/.cache/yarn',
    install: 'yarn install --frozen-lockfile',
    build: yarnBuild,
    prune: 'yarn install --frozen-lockfile --production --ignore-scripts --prefer-offline',
  },
  berry: {
    lockFiles: 'package.json yarn.lock .yarnrc.ym[l]',
    setUp: byCorepack('yarn'),
    cache: '/root/.yarn/berry/cache',
    install: 'yarn install --immutable',
    build: yarnBuild,
    prune: 'yarn workspaces focus --all --production',
  },
  bun: {
    lockFiles: 'package.json bun.lock*',
    setUp: byNpm('bun'),
    cache: '/root/.bun/install/cache',
    install: 'bun install --frozen-lockfile',
    build: (script) => `bun run --if-present ${script}`,
    // It runs the project's "prepare" (husky, which is gone), unless it also leaves out the scripts of dependencies.
    prune: 'npm pkg delete scripts.prepare && rm -rf node_modules && bun install --frozen-lockfile --production',
  },
};

/** Bun as the runtime, whose images have no npm. An older Bun that npm installs has no `bun pm pkg`. */
const OF_BUN: Commands = {
  ...COMMANDS.bun,
  prune: COMMANDS.bun.prune.replace('npm pkg', 'bun pm pkg'),
};

/** Returns what the image's package manager reads and runs. */
export function commandsOf(facts: DockerfileFacts): Commands {
  return facts.runtime === 'bun' ? OF_BUN : COMMANDS[packageManagerOf(facts)];
}

/** Returns what runs programs of dependencies: the images of Bun have no npx. */
export function runnerOf({ runtime }: DockerfileFacts): string {
  return runtime === 'bun' ? 'bunx' : 'npx';
}

/**
 * Returns the package manager by the commands that the image's steps ran, or the lock file that they copied. If they
 * copied several lock files or show nothing, it is the package manager that starts the image, else npm.
 */
export function packageManagerOf(facts: DockerfileFacts): PackageManager {
  const { commands, program, runtime } = facts;
  if (runtime === 'bun') return 'bun';
  const locked = NAMES.filter((name) => copies(facts, LOCK_FILES[name]));
  const started = NAMES.find((name) => name === program) ?? 'npm';
  if (locked.length > 1) return locked.includes(started) ? started : 'npm';
  const isUsed = (name: Name): boolean =>
    locked.includes(name) || commands.some((command) => command.program === name && !asksVersion(command));
  if (isUsed('pnpm')) return 'pnpm';
  if (isUsed('bun')) return 'bun';
  if (usesLaterYarn(facts)) return 'berry';
  if (isUsed('yarn')) return 'yarn';
  return isUsed('npm') ? 'npm' : started;
}

function copies(facts: DockerfileFacts, name: string): boolean {
  return facts.copies.some((copy) => copiesFile(copy, name));
}

/** Releases of yarn from version 2 on, as Corepack takes them. */
const LATER_YARN = /^yarn@(?:[2-9]|\d\d|berry|stable)/;

function usesLaterYarn(facts: DockerfileFacts): boolean {
  const isLater = (command: Command): boolean =>
    runs(command, ['yarn'], ['--immutable', 'focus']) || command.words.some((word) => LATER_YARN.test(word));
  return facts.commands.some(isLater) || copies(facts, '.yarnrc.yml');
}

const LOCK_FILES = { npm: 'package-lock.json', pnpm: 'pnpm-lock.yaml', yarn: 'yarn.lock', bun: 'bun.lock' } as const;
type Name = keyof typeof LOCK_FILES;
const NAMES = Object.keys(LOCK_FILES) as Name[];

/** The last release whose official images contain Corepack. */
const LAST_WITH_COREPACK = 24;

/** Returns the step that installs the package manager, in the version that the image's own steps named. */
export function setUpStep({ commands, release, runtime }: DockerfileFacts, manager: PackageManager): readonly string[] {
  if (runtime === 'bun') return [];
  const name = manager === 'berry' ? 'yarn' : manager;
  const named = commands.flatMap(({ words }) => words).findLast((word) => word.startsWith(`${name}@`));
  const version = named?.slice(name.length + 1);
  // A company's registry that npm is told of may be unknown to Corepack.
  const setUpBy = manager === 'pnpm' && isPnpmInstalledByNpm(commands) ? byNpm('pnpm') : COMMANDS[manager].setUp;
  const setUp = setUpBy?.(version !== undefined && VERSION.test(version) ? version : undefined);
  if (setUp === undefined) return [];
  const lacksCorepack = setUp.startsWith('corepack') && Number(release) > LAST_WITH_COREPACK;
  return [`RUN ${lacksCorepack ? 'npm install -g corepack && ' : ''}${setUp}`];
}

function isPnpmInstalledByNpm(commands: readonly Command[]): boolean {
  const namesPnpm = ({ words }: Command) => words.some((word) => word === 'pnpm' || word.startsWith('pnpm@'));
  return commands.some(
    (command) => runs(command, ['npm'], ['install', 'i']) && hasOption(command, '-g', '--global') && namesPnpm(command),
  );
}

const VERSION = /^[\w.^~-]+$/;

/** Returns those options of npm that the image's own build used because some projects do not install without them. */
export function installOptions({ commands }: DockerfileFacts, manager: PackageManager): string {
  if (manager !== 'npm') return '';
  const options = ['--legacy-peer-deps', '--force'].filter((option) =>
    commands.some((command) => runs(command, ['npm'], ['ci', 'install', 'i']) && hasOption(command, option)),
  );
  return options.map((option) => ` ${option}`).join('');
}
