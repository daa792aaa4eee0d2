import { expect, test } from 'vitest';
import type { ImageSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, run } from '../../support/dockerfiles.ts';

const BOOKWORM = { id: 'debian', version: '12.11' };
const CMAKE: ImageSketch = {
  distro: BOOKWORM,
  settings: [],
  own: [
    run('apt-get update && apt-get install -y build-essential cmake libssl-dev'),
    copy('. /src'),
    run('cmake -S /src -B /build && cmake --build /build && cmake --install /build'),
    copy('server.conf /etc/server/'),
  ],
  config: { Cmd: ['server', '--config', '/etc/server/server.conf'] },
};

test("C and C++ are compiled by the image's own steps in a first stage, and run on the same release", () => {
  expect(dockerfile(CMAKE)).toBe(
    [
      '# syntax=docker/dockerfile:1',
      'FROM debian:12 AS build',
      'RUN apt-get update && apt-get install -y build-essential cmake libssl-dev',
      'COPY . /src',
      'RUN cmake -S /src -B /build && cmake --build /build && cmake --install /build',
      '',
      'FROM debian:12-slim',
      '# The build had these headers; install here the libraries that the program loads: libssl-dev',
      'WORKDIR /app',
      'COPY --from=build /usr/local/bin/server /usr/local/bin/server',
      '# Also copy what the program reads, and the libraries of the build that ldd lists.',
      'COPY server.conf /etc/server/',
      'USER 65532:65532',
      'CMD ["server", "--config", "/etc/server/server.conf"]',
      '',
    ].join('\n'),
  );
});

test.each<[string, string, ImageSketch]>([
  [
    'a folder of its own',
    'COPY --from=build /opt/tool /opt/tool\nUSER',
    { own: [run('./configure --prefix=/opt/tool && make install')], config: { Entrypoint: ['/opt/tool/bin/tool'] } },
  ],
  [
    'the folder in which it is started',
    'COPY --from=build /srv/app /srv/app\n',
    { own: [run('gcc -o app main.c')], config: { WorkingDir: '/srv', Cmd: ['./app'] } },
  ],
  [
    'a script that starts it',
    '# Copy here the program that start.sh starts',
    { own: [run('make'), copy('start.sh /')], config: { Cmd: ['/start.sh'] } },
  ],
])('the last stage has the program: from %s', (_, line, sketch) => {
  expect(dockerfile({ distro: BOOKWORM, ...sketch })).toContain(line);
});

test.each<[string, string, string, Partial<ImageSketch>]>([
  ['GCC', 'gcc:14', 'debian:12-slim', { baseNames: ['library/gcc:14'] }],
  ['Ubuntu', 'ubuntu:24.04', 'ubuntu:24.04', { distro: { id: 'ubuntu', version: '24.04' } }],
  ['Alpine', 'alpine:3.20', 'alpine:3.20', { distro: { id: 'alpine', version: '3.20.3' } }],
])('both stages have the release of the image, on %s', (_, from, last, more) => {
  const text = dockerfile({ ...CMAKE, ...more });
  expect(text.match(/^FROM .*/gm)).toEqual([`FROM ${from} AS build`, `FROM ${last}`]);
});

test('steps are not repeated that hold a secret, take several lines or copy what is unknown', () => {
  const own = [
    copy('/out/lib /usr/lib/'),
    run('curl -H "Authorization: Bearer ghp_0123456789abcdefghijABCDEFGHIJ012345" https://example.com/x | tar x'),
    run('cat <<EOF > config.mk\nCC=gcc\nEOF'),
    run('make'),
  ];
  const lines = dockerfile({ distro: BOOKWORM, own, config: { Cmd: ['/usr/bin/tool'] } }).split('\n');
  const build = lines.slice(lines.indexOf('FROM debian:12 AS build') + 1, lines.indexOf(''));
  expect(build).toEqual([
    '# COPY here what the image has from elsewhere.',
    '# Repeat here a step of several lines.',
    'RUN make',
  ]);
});

test.each([
  'API_TOKEN=s3cr3t-a8f7c2 make',
  'env API_TOKEN=s3cr3t-a8f7c2 make',
  '{ DB_PASSWORD=s3cr3t-a8f7c2; make; }',
  'PGPASSWORD=s3cr3t-a8f7c2 psql -f schema.sql && make',
  'conan user -p s3cr3t-a8f7c2 -r company ci && make',
])('no step is repeated with a secret: %s', (script) => {
  const text = dockerfile({ distro: BOOKWORM, own: [run(script), run('make')], config: { Cmd: ['/usr/bin/tool'] } });
  expect(text).toContain('AS build\nRUN make\n');
  expect(text).not.toContain('s3cr3t');
});

test('flags of the compiler keep all their words, though the history has no quotes', () => {
  const text = dockerfile({
    distro: BOOKWORM,
    base: [],
    settings: ['ARG LDFLAGS=-s -static', 'ARG A=1 API_TOKEN=x B=2', 'ENV CFLAGS=-O2 -Wall CXX=g++'],
    own: [run('make')],
    config: { Env: ['CFLAGS=-O2 -Wall', 'CXX=g++'], Cmd: ['/usr/bin/tool'] },
  });
  const lines = text.split('\n');
  expect(lines.slice(lines.indexOf('FROM debian:12 AS build') + 1, lines.indexOf(''))).toEqual([
    'ARG LDFLAGS="-s -static"',
    'ARG A=1',
    'ARG B=2',
    'ENV CFLAGS="-O2 -Wall"',
    'ENV CXX=g++',
    'RUN make',
  ]);
});

test('steps are repeated in their folder, also if its path begins at the last one', () => {
  const own = [{ instruction: 'WORKDIR /src' }, { instruction: 'WORKDIR server' }, copy('. .'), run('make')];
  const text = dockerfile({ distro: BOOKWORM, own, config: { WorkingDir: '/src/server', Cmd: ['./server'] } });
  expect(text).toContain('WORKDIR /src\nWORKDIR server\nCOPY . .\nRUN make\n');
});

test('a static program in C runs on an image with nothing but certificates, time zones and users', () => {
  const own = [
    run('apt-get update && apt-get install -y gcc libssl-dev'),
    copy('main.c .'),
    run('gcc -static main.c -o /srv/app'),
  ];
  const sketch: ImageSketch = { distro: BOOKWORM, own, config: { Cmd: ['/srv/app'] } };
  expect(dockerfile(sketch, 'distroless-base').split('\n\n')[1]).toBe(
    [
      'FROM gcr.io/distroless/static-debian13:nonroot',
      "# A static program needs glibc's libraries to find hosts and users by name: if it does, start from debian:12-slim.",
      'WORKDIR /app',
      'COPY --from=build /srv/app /srv/app',
      '# Also copy what the program reads.',
      'USER 65532:65532',
      'CMD ["/srv/app"]',
      '',
    ].join('\n'),
  );
  expect(dockerfile(sketch)).toContain('FROM debian:12-slim\n');
  const dynamic = [run('gcc -static-libgcc main.c -o /srv/app')];
  expect(dockerfile({ ...sketch, own: dynamic }, 'distroless-base')).toContain('FROM debian:12-slim\n');
  expect(dockerfile({ ...sketch, distro: { id: 'alpine', version: '3.24' } }, 'distroless-base')).not.toContain(
    'glibc',
  );
});

test('an image to compile in has no Dockerfile', () => {
  expect(dockerfile({ ...CMAKE, config: { Cmd: ['bash'] } })).toBe('');
  expect(dockerfile({ ...CMAKE, config: {} })).toBe('');
});
