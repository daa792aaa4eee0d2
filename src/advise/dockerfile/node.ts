import { installsProject } from '../../policy/installs.ts';
import { withoutDotSlash } from '../../policy/paths.ts';
import { type Command, hasOption, runs } from '../../policy/shell.ts';
import { closingLines, settingLines } from './closing.ts';
import { folderBelow } from './copies.ts';
import { sourceSteps } from './copy-steps.ts';
import { environmentLines } from './environment.ts';
import { argsOf, type DockerfileFacts } from './facts.ts';
import { jsonWords, makeFolders, programFolderLines } from './lines.ts';
import { runWith } from './mounts.ts';
import { buildStage, imageOf, inFolder, inPackages, manifestTest, packagesOfPrisma } from './node-build.ts';
import { commandsOf, installOptions, packageManagerOf } from './package-managers.ts';
import { runPackages } from './packages.ts';
import { pagesDockerfile } from './pages.ts';
import { startedByNpm, startedByNpx, withProgramNames } from './start-words.ts';

/**
 * Returns a Dockerfile for Node.js or Bun: one stage installs, builds and prunes; the last one holds the program and its
 * production dependencies.
 */
export function nodeDockerfile(facts: DockerfileFacts): string {
  if (facts.servesPages) return pagesDockerfile(facts);
  const isStandalone = facts.framework.startsWith('next') && facts.deployment === undefined && facts.runtime === 'node';
  return isStandalone ? nextDockerfile(facts) : serviceDockerfile(facts);
}

function serviceDockerfile(facts: DockerfileFacts): string {
  const started = globalStep(facts).length > 0 ? startedByNpm(facts) : startedByNpx(startedByNpm(facts));
  if (hasNoPackages(facts)) return filesDockerfile(started);
  const folder = facts.deployment?.into ?? facts.folder;
  // Tools of development write beside the sources, such as Vite into node_modules.
  const writesFolder = facts.writesFolder || calls(facts, FOR_DEVELOPMENT);
  return [
    ...buildStage(facts),
    ...productionStep(facts),
    ...makeFolders(facts),
    '',
    ...lastStage(started),
    // The .dockerignore keeps development files out, so that the folder holds only what the program reads.
    ...programFolderLines(
      { ...facts, folder, writesFolder },
      isDistroless(facts) || facts.usesPackage ? userOf(facts) : `${facts.runtime}:${facts.runtime}`,
    ),
    `USER ${userOf(facts)}`,
    ...lastLines(started),
  ].join('\n');
}

/** What a pipeline builds before an image copies it. */
const BUILT = /^(?:dist|build|out)(?:\/|$)/;

/** Whether a global package serves files of the context, without packages of a project: `http-server`. */
function hasNoPackages(facts: DockerfileFacts): boolean {
  const { commands, copies } = facts;
  const isManifest = manifestTest(facts);
  const sources = copies.flatMap((copy) => copy.sources);
  const areFiles = copies.length > 0 && copies.every((copy) => copy.sources.length > 0);
  return (
    globalStep(facts).length > 0 &&
    areFiles &&
    !commands.some(installsProject) &&
    !sources.some((source) => source.startsWith('/') || isManifest(source) || BUILT.test(withoutDotSlash(source)))
  );
}

function filesDockerfile(facts: DockerfileFacts): string {
  return [
    ...lastStage(facts),
    `WORKDIR ${facts.folder}`,
    ...sourceSteps(facts),
    `USER ${userOf(facts)}`,
    ...lastLines(facts),
  ].join('\n');
}

/**
 * Returns the step that leaves only what production needs: where the packages were installed, or in a folder of its own.
 * What starts a tool of development needs all packages.
 */
function productionStep(facts: DockerfileFacts): readonly string[] {
  const manager = packageManagerOf(facts);
  const { cache, prune } = commandsOf(facts);
  const { deployment } = facts;
  if (deployment)
    return [`${runWith(facts, cache)} ${inFolder(deployment.command, folderBelow(deployment.from, facts))}`];
  if (calls(facts, FOR_DEVELOPMENT)) return [];
  return [`${runWith(facts, cache)} ${inPackages(facts, prune + installOptions(facts, manager))}`];
}

/**
 * Returns the step that installs the global package which starts the image. pm2 also starts as `pm2-runtime`. The images
 * of Bun have no npm, and Bun itself.
 */
function globalStep({ commands, program, runtime }: DockerfileFacts): readonly string[] {
  if (runtime === 'bun') return [];
  const isGlobal = (command: Command): boolean =>
    (runs(command, ['npm'], ['install', 'i']) && hasOption(command, '-g', '--global')) ||
    (runs(command, ['yarn'], ['global']) && runs(command, ['yarn'], ['add']));
  const names = commands.filter(isGlobal).flatMap(({ words }) => words.filter((word) => GLOBAL_NAME.test(word)));
  const started = names.find((name) => program.replace(/-(?:runtime|docker)$/, '') === name.replace(/@[^@/]+$/, ''));
  return started === undefined ? [] : [`RUN npm install -g ${started} && npm cache clean --force`];
}

const GLOBAL_NAME = /^[a-z][\w.-]*(?:@[\w.^~-]+)?$/;

function lastStage(facts: DockerfileFacts): string[] {
  const base = isDistroless(facts) ? `gcr.io/distroless/nodejs${facts.release}-debian13:nonroot` : imageOf(facts);
  return [
    `FROM ${base}`,
    ...(isDistroless(facts) ? [] : [...runPackages(facts, packagesOf(facts)), ...globalStep(facts)]),
    'ENV NODE_ENV=production',
    ...environmentLines(facts),
  ];
}

/** Returns the packages of the last stage beside the image's own: of the runtime, if that is one, with npm where that is called. */
function packagesOf(facts: DockerfileFacts): readonly string[] {
  if (!facts.usesPackage) return packagesOfPrisma(facts);
  const callsNpm = calls(facts, /\b(?:npm|npx)\b/) || globalStep(facts).length > 0;
  return ['nodejs', ...(callsNpm ? ['npm'] : []), ...packagesOfPrisma(facts)];
}

function isDistroless({ base, needsDistribution, runtime }: DockerfileFacts): boolean {
  return base === 'distroless-base' && !needsDistribution && runtime === 'node';
}

/** The user of distroless images without root. */
const NONROOT = '65532:65532';

/** Returns the user by numbers, by which Kubernetes can check runAsNonRoot: `node` and `bun` of the official images are 1000. */
function userOf(facts: DockerfileFacts): string {
  return isDistroless(facts) ? NONROOT : '1000:1000';
}

const BETTER_THAN_SCRIPT =
  '# Better: the command behind the script, such as ["node", "dist/server.js"]: one process, which receives the signals.';

const ON_DEVELOPMENT =
  '# This starts a tool of development, so all packages are kept: name what production starts, and remove those that it does not need.';
/** Scripts and programs that serve sources during development. */
const FOR_DEVELOPMENT =
  /^(?:dev|develop|watch|start:(?:dev|debug|watch)|preview|vite|nodemon|ts-node(?:-dev)?|ng|react-scripts|webpack(?:-dev-server)?)$/;

/** Returns the note on a start by a package manager that the last stage lacks. */
function insteadOf(manager: string): string {
  return `# This stage has no ${manager}: name the command that it starts, such as ["node", "dist/server.js"].`;
}

function lastLines(facts: DockerfileFacts): readonly string[] {
  if (isDistroless(facts)) return distrolessStart(facts);
  const fallback = facts.runtime === 'bun' ? 'CMD ["bun", "index.ts"]' : 'CMD ["node", "server.js"]';
  return closingLines(withProgramNames(facts), fallback, startNote(facts));
}

/** Returns the package managers that the last stage lacks: the official images have yarn 1 only, up to Node.js 25. */
function lackingManagers(facts: DockerfileFacts): readonly string[] {
  const hasYarn = Number(facts.release) <= LAST_WITH_YARN && packageManagerOf(facts) !== 'berry';
  return hasYarn ? ['pnpm'] : ['pnpm', 'yarn'];
}

const LAST_WITH_YARN = 25;

/** Returns the note on a start by a package manager, or by `npx` or `bunx`. */
function startNote(facts: DockerfileFacts): readonly string[] | undefined {
  const { program } = facts;
  if (calls(facts, FOR_DEVELOPMENT)) return [ON_DEVELOPMENT];
  const lacking = lackingManagers(facts).find((name) => calls(facts, new RegExp(`(?:^|[\\s;&|/])${name}(?!\\S)`)));
  if (lacking !== undefined && globalStep(facts).length === 0) return [insteadOf(lacking)];
  if (['npm', 'pnpm', 'yarn'].includes(program)) return [BETTER_THAN_SCRIPT];
  const runner = ['npx', 'bunx'].find((name) => calls(facts, new RegExp(`\\b${name}\\b`)));
  return runner ? [`# ${runner} downloads what is a development dependency only: make it a dependency.`] : undefined;
}

function calls({ entrypoint, cmd }: DockerfileFacts, name: RegExp): boolean {
  return [...entrypoint, ...cmd].some((word) => name.test(word));
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
    // The server writes the images and pages that it makes to .next/cache and beside those of the build.
    `COPY --from=build --chown=${userOf(facts)} ${workdir}/.next/standalone ./`,
    `COPY --from=build ${workdir}/.next/static ${to}/.next/static`,
    `COPY --from=build ${workdir}/public ${to}/public`,
    `USER ${userOf(facts)}`,
    ...settingLines({ ...withNode(facts), ports }),
    `CMD ${jsonWords([...(isDistroless(facts) ? [] : ['node']), below === '' ? 'server.js' : `${below}/server.js`])}`,
  ].join('\n');
}
