import { runs } from '../../policy/shell.ts';
import { closing, type DockerfileFacts, jsonWords, officialTag } from './facts.ts';

/** `berry` is what yarn has been since its second version. */
type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'berry';

interface Commands {
  readonly lockFiles: string;
  readonly cache: string;
  readonly install: string;
  readonly build: string;
  /** Leaves only what production needs. */
  readonly prune: string;
}

/** The last release whose images bring Corepack along. */
const LAST_WITH_COREPACK = 24;

const YARN_BUILD = 'if node -e "process.exit(require(\'./package.json\').scripts?.build ? 0 : 1)"; then yarn build; fi';

const COMMANDS: Readonly<Record<PackageManager, Commands>> = {
  npm: {
    lockFiles: 'package.json package-lock.json',
    cache: '/root/.npm',
    install: 'npm ci',
    build: 'npm run build --if-present',
    prune: 'npm prune --omit=dev',
  },
  pnpm: {
    lockFiles: 'package.json pnpm-lock.yaml',
    cache: '/root/.local/share/pnpm/store',
    install: 'corepack enable && pnpm install --frozen-lockfile',
    build: 'pnpm run --if-present build',
    prune: 'CI=true pnpm prune --prod',
  },
  yarn: {
    lockFiles: 'package.json yarn.lock',
    cache: '/usr/local/share/.cache/yarn',
    install: 'corepack enable && yarn install --frozen-lockfile',
    build: YARN_BUILD,
    prune: 'yarn install --frozen-lockfile --production --ignore-scripts --prefer-offline',
  },
  berry: {
    lockFiles: 'package.json yarn.lock .yarnrc.ym[l]',
    cache: '/root/.yarn/berry/cache',
    install: 'corepack enable && yarn install --immutable',
    build: YARN_BUILD,
    prune: 'yarn workspaces focus --all --production',
  },
};

function packageManagerOf({ commands }: DockerfileFacts): PackageManager {
  const has = (name: string): boolean => commands.some(({ program }) => program === name);
  if (has('pnpm')) return 'pnpm';
  if (commands.some((command) => runs(command, ['yarn'], ['--immutable', 'focus']))) return 'berry';
  return has('yarn') ? 'yarn' : 'npm';
}

/** Node.js: install, build and prune in one stage; the last one has the program and production's packages. */
export function nodeDockerfile(facts: DockerfileFacts): string {
  return facts.framework.startsWith('next') ? nextDockerfile(facts) : serviceDockerfile(facts);
}

function buildStage(facts: DockerfileFacts): string[] {
  const manager = packageManagerOf(facts);
  const { lockFiles, cache, install, build } = COMMANDS[manager];
  const corepack = manager !== 'npm' && Number(facts.release) > LAST_WITH_COREPACK;
  return [
    `FROM ${officialTag('node', facts, 'suite-slim')} AS build`,
    `WORKDIR ${facts.workdir}`,
    `COPY ${lockFiles} ./`,
    ...(corepack ? ['RUN npm install -g corepack'] : []),
    `RUN --mount=type=cache,target=${cache} ${install}`,
    'COPY . .',
    `RUN ${build}`,
  ];
}

function serviceDockerfile(facts: DockerfileFacts): string {
  const { cache, prune } = COMMANDS[packageManagerOf(facts)];
  return [
    ...buildStage(facts),
    `RUN --mount=type=cache,target=${cache} ${prune}`,
    '',
    ...lastStage(facts),
    // Folders of tools and sources go with the context's .dockerignore; what is left is what the program reads.
    `COPY --from=build ${facts.workdir} ./`,
    userLine(facts),
    ...startLines(facts),
  ].join('\n');
}

function lastStage(facts: DockerfileFacts): string[] {
  const base = isDistroless(facts)
    ? `gcr.io/distroless/nodejs${facts.release}-debian13:nonroot`
    : officialTag('node', facts, 'suite-slim');
  return [`FROM ${base}`, 'ENV NODE_ENV=production', `WORKDIR ${facts.workdir}`];
}

function isDistroless({ base }: DockerfileFacts): boolean {
  return base === 'distroless-base';
}

function userLine(facts: DockerfileFacts): string {
  return isDistroless(facts) ? 'USER 65532:65532' : 'USER node';
}

function startLines(facts: DockerfileFacts): readonly string[] {
  if (isDistroless(facts)) return distrolessStart(facts);
  const lines = closing(facts, 'CMD ["node", "server.js"]');
  if (!['npm', 'pnpm', 'yarn'].includes(facts.program)) return lines;
  return [
    '# Better the command behind it, such as ["node", "dist/server.js"]: one process, which gets the signals.',
    ...lines,
  ];
}

/** Without a shell and npm, node itself starts the program: it is the entrypoint of distroless images. */
function distrolessStart({ program, programArgs, ...facts }: DockerfileFacts): readonly string[] {
  const ports = facts.ports.map((port) => `EXPOSE ${port}`);
  if (program === 'node' && programArgs.length > 0) return [...ports, `CMD ${jsonWords(programArgs)}`];
  return [...ports, '# The script that the image started another way.', 'CMD ["server.js"]'];
}

/** Next.js with `output: "standalone"`: the server and the modules it traced, nothing else. */
function nextDockerfile(facts: DockerfileFacts): string {
  const { workdir } = facts;
  const ports = facts.ports.length > 0 ? facts.ports : ['3000'];
  return [
    '# Needs output: "standalone" in next.config.js.',
    ...buildStage(facts),
    '# Not every project has the folder, and COPY wants one.',
    'RUN mkdir -p public',
    '',
    ...lastStage(facts),
    'ENV NEXT_TELEMETRY_DISABLED=1 HOSTNAME=0.0.0.0',
    `COPY --from=build ${workdir}/.next/standalone ./`,
    `COPY --from=build ${workdir}/.next/static ./.next/static`,
    `COPY --from=build ${workdir}/public ./public`,
    userLine(facts),
    ...ports.map((port) => `EXPOSE ${port}`),
    isDistroless(facts) ? 'CMD ["server.js"]' : 'CMD ["node", "server.js"]',
  ].join('\n');
}
