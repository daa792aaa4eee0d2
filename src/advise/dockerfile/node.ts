import { closing, type DockerfileFacts, officialTag, type PackageManager } from './facts.ts';

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
    build: 'if node -e "process.exit(require(\'./package.json\').scripts?.build ? 0 : 1)"; then yarn build; fi',
    prune: 'yarn install --frozen-lockfile --production --ignore-scripts --prefer-offline',
  },
};

/** Node.js: install, build and prune in one stage; the last one has the program and production's packages. */
export function nodeDockerfile(facts: DockerfileFacts): string {
  return facts.framework.startsWith('next') ? nextDockerfile(facts) : serviceDockerfile(facts);
}

function buildStage(facts: DockerfileFacts): string[] {
  const { lockFiles, cache, install, build } = COMMANDS[facts.packageManager];
  const corepack = facts.packageManager !== 'npm' && Number(facts.release) > LAST_WITH_COREPACK;
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
  const { cache, prune } = COMMANDS[facts.packageManager];
  return [
    ...buildStage(facts),
    `RUN --mount=type=cache,target=${cache} ${prune}`,
    '',
    ...lastStage(facts),
    // Folders of tools and sources go with the context's .dockerignore; what is left is what the program reads.
    `COPY --from=build ${facts.workdir} ./`,
    'USER node',
    ...closing(facts, 'CMD ["node", "server.js"]'),
  ].join('\n');
}

function lastStage(facts: DockerfileFacts): string[] {
  return [`FROM ${officialTag('node', facts, 'suite-slim')}`, 'ENV NODE_ENV=production', `WORKDIR ${facts.workdir}`];
}

/** Next.js with `output: "standalone"`: the server and the modules it traced, nothing else. */
function nextDockerfile(facts: DockerfileFacts): string {
  const { workdir } = facts;
  const ports = facts.ports.length > 0 ? facts.ports : ['3000/tcp'];
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
    'USER node',
    ...ports.map((port) => `EXPOSE ${port}`),
    'CMD ["node", "server.js"]',
  ].join('\n');
}
