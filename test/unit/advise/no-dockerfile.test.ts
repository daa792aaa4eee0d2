import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { generateDockerfile, proposeDockerfile } from '../../../src/advise/dockerfile/generate.ts';
import type { AuditedImage } from '../../../src/policy/audited-image.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { copy, run, TODAY } from '../../support/dockerfiles.ts';

const MB = 1_000_000;

function proposed(image: AuditedImage): string {
  const knowledge = knowledgeOf([]);
  const advice = adviseImage(image, findingsOf(image), knowledge, { kind: 'reduction', ratio: 0.9 });
  const files = proposeDockerfile({ image, advice, knowledge }, TODAY);
  if ('because' in files) return files.because;
  const { dockerfile } = files;
  const base = /^FROM (\S+)$/gm.exec(dockerfile)?.[1] ?? '';
  return dockerfile.includes('keep that base for the last stage') ? `${base}, with a note` : base;
}

/** An image whose own step installed packages on a distribution, with an application. */
function packaged(runtime: ImageSketch['runtime'], script: string, bytes: number, more: ImageSketch = {}): ImageSketch {
  const base = [{ instruction: 'ADD rootfs.tar /', bytes: 4 * MB }];
  const own = [{ ...run(script), bytes: bytes * MB, class: 'os-packages' as const }, copy('app /app')];
  const alpine = { base, variant: 'alpine', distro: { id: 'alpine', version: '3.20' } } as const;
  return { ...alpine, own, runtimeLayers: null, ...(runtime ? { runtime } : {}), ...more };
}

const SLIM: ImageSketch = {
  base: [{ instruction: 'ADD rootfs.tar /', bytes: 28 * MB }],
  variant: 'slim',
  distro: { id: 'debian', version: '12' },
};
const LARGER = 'which is not known to be smaller than the distribution with its package';

test.each<[string, ImageSketch, string]>([
  ['Node.js on Alpine', packaged('node', 'apk add nodejs npm', 25), 'alpine:3.24'],
  ['with a toolchain', packaged('node', 'apk add nodejs npm make g++', 100), 'alpine:3.24'],
  ['with other packages', packaged('node', 'apk add nodejs vips', 40), 'alpine:3.24'],
  [
    'by another package manager',
    packaged('node', 'apk add nodejs yarn && yarn install', 25),
    `it would start from an image of node, ${LARGER}`,
  ],
  [
    'with large other packages',
    packaged('node', 'apk add nodejs vips && yarn install', 90),
    'node:24-alpine3.24, with a note',
  ],
  [
    'on a base of unknown contents',
    packaged('node', 'apk add nodejs', 25, { base: [{ bytes: 4 * MB }, { instruction: 'RUN ./install.sh' }] }),
    'node:24-alpine3.24, with a note',
  ],
  ['Python on Alpine', packaged('python', 'apk add python3', 12), `it would start from an image of python, ${LARGER}`],
  [
    'Node.js on Debian',
    packaged('node', 'apt-get install -y nodejs', 40, SLIM),
    `it would start from an image of node, ${LARGER}`,
  ],
  [
    'PHP on Debian',
    packaged('php', 'apt-get install -y php-fpm', 15, SLIM),
    `it would start from an image of php, ${LARGER}`,
  ],
  ['Python on Debian', packaged('python', 'apt-get install -y python3', 90, SLIM), 'python:3.14-alpine3.24'],
])('no Dockerfile replaces the package of a distribution by a larger image: %s', (_, sketch, expected) => {
  const text = proposed(auditedImage(sketch));
  expect(text).toBe(expected);
});

test.each<[string, ImageSketch, string]>([
  ['an unknown program', { own: [copy('app /app')] }, 'it is not known what its program is written in'],
  [
    'GCC',
    { baseNames: ['library/gcc:14'], own: [run('make')] },
    'it starts no program, but is made to compile C and C++ in',
  ],
  [
    'C in a folder with a space',
    {
      own: [{ instruction: 'WORKDIR /my app' }, copy('. .'), run('make')],
      distro: { id: 'debian', version: '13' },
      config: { WorkingDir: '/my app', Cmd: ['./server'] },
    },
    'the name of its folder has a space, or another sign that instructions read otherwise',
  ],
  [
    'C on another distribution',
    { own: [run('gcc -o /app main.c')], distro: { id: 'fedora', version: '42' }, config: { Cmd: ['/app'] } },
    'there is no template for C and C++ on its distribution',
  ],
  [
    'nginx',
    { runtime: 'nginx', own: [copy('dist /usr/share/nginx/html')] },
    'for nginx, there is a template on its own image alone',
  ],
  ['Deno', { runtime: 'deno' }, 'there is no template for deno'],
  ['conda', { runtime: 'python', own: [run('conda install numpy')] }, 'there is no template for packages of conda'],
  ['sbt', { runtime: 'java', own: [run('sbt assembly')] }, 'there is no template for what sbt builds'],
  [
    'a file of Scala',
    { runtime: 'java', config: { Cmd: ['java', '-jar', 'target/scala-3/app.jar'] } },
    'there is no template for what sbt builds',
  ],
  [
    "a supervisor of a distribution's PHP",
    packaged('php', 'apk add php83-fpm supervisor', 9, { config: { Cmd: ['supervisord'] } }),
    "a supervisor or script starts the distribution's PHP, and its settings name other programs than the official image has",
  ],
  [
    'Azure Functions',
    { runtime: 'python', config: { Env: ['AzureWebJobsScriptRoot=/home/site/wwwroot'] } },
    'its base calls the program, as those of AWS Lambda, Azure Functions, Jupyter and OpenShift do, and has to stay',
  ],
])('it is said why there is no Dockerfile: %s', (_, sketch, because) => {
  expect(proposed(auditedImage(sketch))).toBe(because);
});

test('it is said why there is no Dockerfile for Windows, and for an image as published', () => {
  const image = auditedImage({ runtime: 'node' });
  const windows = { ...image, config: { ...image.config, os: 'windows' } };
  expect(proposed(windows)).toBe('the image is for Windows, and all known bases are for Linux');
  const { verdict, ...rest } = auditedImage({});
  expect(proposed({ ...rest, verdict: { ...verdict, isPublished: true } })).toBe(
    'the image is as published, and only its publisher can build it otherwise',
  );
});

test('Node.js stays a package of Alpine in both stages, without npm where the program is started by node', () => {
  const own = [
    run('apk add --no-cache nodejs npm'),
    copy('package*.json ./'),
    run('npm ci'),
    copy('. .'),
    run('mkdir data'),
  ];
  const of = (Cmd: readonly string[]): string => {
    const image = auditedImage(packaged('node', '', 0, { own, config: { WorkingDir: '/app', Cmd } }));
    return generateDockerfile(image, 'alpine-base', TODAY, true).dockerfile ?? '';
  };
  const text = of(['node', 'server.js']);
  expect(text).toContain('FROM alpine:3.24 AS build\nRUN apk add --no-cache nodejs npm\n');
  expect(text).toContain('FROM alpine:3.24\nRUN apk add --no-cache nodejs\n');
  expect(text).toContain('COPY --from=build --chown=1000:1000 /app /app\nWORKDIR /app\nUSER 1000:1000\n');
  expect(of(['npm', 'start'])).toContain('FROM alpine:3.24\nRUN apk add --no-cache nodejs npm\n');
});
