import { expect, test } from 'vitest';
import type { ImageSketch, LayerSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, run } from '../../support/dockerfiles.ts';

const bun = (own: readonly LayerSketch[], config: ImageSketch['config'] = {}): string =>
  dockerfile({ runtime: 'bun', own, config });

test('a Dockerfile for a program that Bun runs installs, builds and prunes without npm', () => {
  const own = [
    copy('package.json bun.lock ./'),
    run('bun install --frozen-lockfile'),
    copy('. .'),
    run('bun run build'),
  ];
  const text = bun(own, {
    Entrypoint: ['/usr/local/bin/docker-entrypoint.sh'],
    Cmd: ['bun', 'run', 'src/index.ts'],
    ExposedPorts: { '3000/tcp': {} },
    WorkingDir: '/usr/src/app',
  });
  expect(text).toBe(`# syntax=docker/dockerfile:1
FROM oven/bun:1-slim AS build
WORKDIR /usr/src/app
COPY package.json bun.lock* ./
RUN --mount=type=cache,target=/root/.bun/install/cache bun install --frozen-lockfile
COPY . .
RUN bun run --if-present build
RUN --mount=type=cache,target=/root/.bun/install/cache bun pm pkg delete scripts.prepare && rm -rf node_modules && bun install --frozen-lockfile --production

FROM oven/bun:1-slim
ENV NODE_ENV=production
WORKDIR /usr/src/app
COPY --from=build /usr/src/app ./
USER 1000:1000
EXPOSE 3000
CMD ["bun", "run", "src/index.ts"]
`);
});

test.each<[string, readonly LayerSketch[], readonly string[]]>([
  [
    'bundles by Bun',
    [copy('. .'), run('bun build src/index.ts --outdir dist')],
    ['RUN bun build src/index.ts --outdir dist\n'],
  ],
  [
    'bundles by Bun with a constant',
    [copy('. .'), run(`bun build src/index.ts --define 'process.env.NODE_ENV="production"' --outdir dist`)],
    [`RUN bun build src/index.ts --define 'process.env.NODE_ENV="production"' --outdir dist\n`],
  ],
  ['compiles by bunx', [copy('. .'), run('bunx tsc -p .')], ['RUN bunx tsc -p .\n']],
  ['has no lock file', [copy('package.json ./'), run('bun install'), copy('. .')], ['was built without bun.lock: if']],
  [
    'compiles addons',
    [run('apt-get install -y g++ python3'), run('bun install')],
    ['install -y --no-install-recommends python3 make g++'],
  ],
])('an image that %s does so in its Dockerfile', (_, own, parts) => {
  for (const part of parts) expect(bun(own)).toContain(part);
});

test('a Dockerfile for Bun stays on the image of Bun, on Alpine if that is planned', () => {
  const sketch: ImageSketch = { runtime: 'bun', framework: 'Next.js' };
  expect(dockerfile(sketch, 'alpine-base')).toContain('FROM oven/bun:1-alpine\nENV');
  expect(dockerfile(sketch, 'distroless-base')).toContain('CMD ["bun", "index.ts"]\n');
});

test('a program that Node.js runs may be bundled by Bun', () => {
  const own = [copy('. .'), run('bun install && bun build src/index.ts --outdir dist --target=node')];
  const text = dockerfile({ runtime: 'node', own });
  expect(text).toContain('RUN bun build src/index.ts --outdir dist --target=node\n');
  expect(text).not.toContain('bun run');
});

test('Bun that npm installed on an image of Node.js comes with the image of Bun, which has no npm', () => {
  const own = [run('npm install -g bun'), copy('. .'), run('bun install')];
  const text = bun(own, { Cmd: ['bun', 'index.ts'] });
  expect(text).toContain('RUN bun run --if-present build\n');
  expect(text).not.toContain('npm install');
});

test('tools of dependencies are started by bunx, since the images of Bun have no npx', () => {
  const own = [run('npm install -g @nestjs/cli nest'), copy('. .'), run('bun install')];
  expect(bun(own, { Cmd: ['nest', 'start'] })).toContain(
    '# bunx downloads what is a development dependency only: make it a dependency.\nCMD ["bunx", "nest", "start"]\n',
  );
});
