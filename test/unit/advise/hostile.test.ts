import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { generateDockerfile, lastStageBase } from '../../../src/advise/dockerfile/generate.ts';
import type { Runtime } from '../../../src/classify/verdict.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';
import { FUZZ_TIMEOUT_MS, fuzzRuns } from '../../support/fuzz.ts';

const KNOWLEDGE = knowledgeOf([]);
const RUNTIMES: readonly Runtime[] = [
  'node',
  'python',
  'go',
  'rust',
  'java',
  'ruby',
  'php',
  'dotnet',
  'bun',
  'nginx',
  'none',
];

/** Words that programs interpret, names of prototype properties, and what ends quotes, lines and commands. */
const word = fc.oneof(
  fc.constantFrom(
    ...['constructor', '__proto__', 'toString', 'hasOwnProperty', 'apt-get', 'apk', 'dnf', 'add', 'install', 'purge'],
    ...[
      'pip',
      'uv',
      'npm',
      'ci',
      'pnpm',
      'yarn',
      'bundle',
      'composer',
      'mvn',
      'go',
      'build',
      'cargo',
      'pecl',
      'a2enmod',
    ],
    ...[
      'gem',
      'bunx',
      'prisma',
      '-g',
      'http-server',
      'app.tar.gz',
      'echo',
      'sed',
      'mv',
      '>',
      '/usr/local/etc/php/a.ini',
    ],
    ...['$PHP_INI_DIR/php.ini', '/etc/apache2/ports.conf', '<<EOF\nEVIL now\nEOF'],
    ...['gcc', 'make', 'cmake', '--prefix=/opt/tool', './tool'],
    ...['wget', 'curl', '-O', '-o', '--output=/tmp/x', '/tmp/x', 'rm', '-rf', 'cd', '/tmp', '-r', 'requirements.txt'],
    ...['--index-url=https://example.com/simple', '.[dev]', 'torch>=2', 'libpq-dev', './cmd/x', 'CGO_ENABLED=1'],
    ...['&&', ';', '|', '||', '$(', ')', '`', '"', "'", '\\', '\\\n', '\nEVIL now', '\r\nEVIL now', '\u2028EVIL now'],
    ...['<<EOF', '--from=build', '/', '.', '$HOME', '#', '--', '=', 'A=1', 'PORT="8080', 'docker-entrypoint.sh'],
  ),
  fc.string({ maxLength: 12 }),
);
const words = fc.array(word, { maxLength: 12 });
const instruction = fc
  .tuple(
    fc.constantFrom(
      ...['RUN /bin/sh -c', 'RUN', 'COPY', 'ADD', 'ENV', 'WORKDIR', 'ENTRYPOINT', '|2 A=1 B=2 /bin/sh -c'],
      ...['LABEL', 'VOLUME', 'STOPSIGNAL'],
    ),
    words,
  )
  .map(([verb, rest]) => `${verb} ${rest.join(' ')}`);

const sketches: fc.Arbitrary<ImageSketch> = fc.record({
  runtime: fc.constantFrom(...RUNTIMES),
  framework: fc.constantFrom('', 'next', 'django', 'rails', 'laravel', 'constructor'),
  distro: fc.record({
    id: fc.constantFrom('debian', 'alpine', 'constructor'),
    version: fc.constantFrom('12', '', '3.20'),
  }),
  own: fc.array(fc.record({ instruction, bytes: fc.nat(1e9) }), { maxLength: 6 }),
  steps: fc.array(instruction, { maxLength: 4 }),
  config: fc.record({
    Env: fc.array(
      fc.oneof(
        word,
        fc.tuple(word, word).map((pair) => pair.join('=')),
      ),
      { maxLength: 6 },
    ),
    Entrypoint: words,
    Cmd: words,
    Volumes: fc.dictionary(word, fc.constant({}), { maxKeys: 3 }),
    Labels: fc.dictionary(fc.constantFrom('A', 'toString'), word, { maxKeys: 2 }),
    WorkingDir: word,
    Healthcheck: fc.record({
      Test: fc
        .tuple(fc.constantFrom('CMD', 'CMD-SHELL'), word, words)
        .map(([form, first, more]) => [form, first, ...more]),
      Interval: fc.integer(),
    }),
    ExposedPorts: fc.dictionary(word, fc.constant({}), { maxKeys: 3 }),
  }),
});

const INSTRUCTION =
  /^(?:FROM|WORKDIR|COPY|ADD|RUN|ENV|ARG|USER|EXPOSE|LABEL|VOLUME|STOPSIGNAL|HEALTHCHECK|CMD|ENTRYPOINT) /;

/** Instructions as BuildKit reads them: without comments, and with lines that end in a backslash joined. */
function instructionsOf(dockerfile: string): readonly string[] {
  const lines = dockerfile.split(/\r?\n/).filter((line) => !line.trimStart().startsWith('#'));
  return lines
    .join('\n')
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '');
}

test(
  'whatever a history says, it is judged, and no text of it becomes an instruction of a generated Dockerfile',
  () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const image = auditedImage(sketch);
        const advice = adviseImage(image, findingsOf(image), KNOWLEDGE, { kind: 'reduction', ratio: 0.9 });
        const files = generateDockerfile(image, lastStageBase(image, advice), '2026-11-24');
        for (const line of instructionsOf(files.dockerfile ?? '')) expect(line).toMatch(INSTRUCTION);
      }),
      { numRuns: fuzzRuns(1_000) },
    );
  },
  FUZZ_TIMEOUT_MS,
);
