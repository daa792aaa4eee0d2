import { expect, test } from 'vitest';
import type { ImageSketch, LayerSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, run } from '../../support/dockerfiles.ts';

const OPENSSL = 'apt-get install -y --no-install-recommends openssl ';

test.each<[string, ImageSketch]>([
  ['its schema is copied before packages are installed', { own: [copy('prisma ./prisma/'), run('npm ci')] }],
  ['its schema is copied as a file', { own: [copy('prisma/schema.prisma ./prisma/'), run('npm ci')] }],
  ['its start migrates', { config: { Cmd: ['sh', '-c', 'npx prisma migrate deploy && node .'] } }],
  ['a step migrates', { own: [run('npm ci && npx prisma migrate deploy')] }],
])('both stages have the OpenSSL that Prisma calls where %s', (_, sketch) => {
  const text = dockerfile({ runtime: 'node', ...sketch });
  expect(text.split(OPENSSL)).toHaveLength(3);
  expect(text).not.toContain('prisma generate');
});

test('programs without Prisma have no OpenSSL', () => {
  const own = [copy('src ./src/'), copy('prisma-notes.md ./'), run('npm ci')];
  expect(dockerfile({ runtime: 'node', own })).not.toContain(OPENSSL);
});

test.each<[string, ImageSketch, string]>([
  [
    'in the command',
    { own: [run('npm install -g @angular/cli && npm install')], config: { Cmd: ['ng', 'serve', '--host', '0.0.0.0'] } },
    'CMD ["npx", "ng", "serve", "--host", "0.0.0.0"]',
  ],
  [
    'in the entrypoint',
    { own: [run('npm ci')], config: { Entrypoint: ['nest'], Cmd: ['start'] } },
    'ENTRYPOINT ["npx", "nest"]\nCMD ["start"]',
  ],
  [
    'behind an init program',
    { own: [run('npm ci')], config: { Entrypoint: ['tini', '--'], Cmd: ['nest', 'start'] } },
    'ENTRYPOINT ["tini", "--"]\nCMD ["npx", "nest", "start"]',
  ],
  [
    'behind an init program in the same words',
    { own: [run('npm ci')], config: { Cmd: ['tini', '--', 'nest', 'start'] } },
    'CMD ["tini", "--", "npx", "nest", "start"]',
  ],
  [
    'that is installed again',
    { own: [run('npm install -g nodemon && npm ci')], config: { Cmd: ['nodemon', 'index.js'] } },
    'CMD ["nodemon", "index.js"]',
  ],
])(
  'what a global package put on the PATH is started from the packages of the project: a tool %s',
  (_, sketch, start) => {
    expect(dockerfile({ runtime: 'node', ...sketch })).toContain(start);
  },
);

const SERVES: ImageSketch = { runtime: 'node', config: { WorkingDir: '/site', Cmd: ['http-server', '-p', '8080'] } };
const INSTALL = run('npm i -g http-server');

test('files that a global package serves need no packages of a project', () => {
  expect(dockerfile({ ...SERVES, own: [INSTALL, { instruction: 'WORKDIR /site' }, copy('. .')] })).toBe(
    `# syntax=docker/dockerfile:1
FROM node:24-trixie-slim
RUN npm install -g http-server && npm cache clean --force
ENV NODE_ENV=production
WORKDIR /site
COPY . .
USER 1000:1000
CMD ["http-server", "-p", "8080"]
`,
  );
});

test.each<[string, readonly LayerSketch[]]>([
  ['they were built before', [INSTALL, copy('dist /site/dist')]],
  ['another stage built them', [INSTALL, copy('/app/dist /site')]],
  ['packages are installed', [INSTALL, copy('. /site'), run('npm ci')]],
  ['the list of packages is copied', [INSTALL, copy('package.json index.html /site/')]],
])('files are built from packages where %s', (_, own) => {
  expect(dockerfile({ ...SERVES, own })).toContain('npm ci');
});
