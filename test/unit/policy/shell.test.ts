import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { parseScript, removes } from '../../../src/policy/shell.ts';
import { auditedImage } from '../../support/audited-image.ts';

test.each<[string, readonly string[]]>([
  ['apt-get update && apt-get install -y curl', ['apt-get update', 'apt-get install -y curl']],
  ['set -eux; FOO=1 npm ci', ['set -eux', 'npm ci']],
  ['if [ -f x ]; then npm ci; fi', ['[ -f x ]', 'npm ci', 'fi']],
  ['/usr/local/bin/npm ci', ['npm ci']],
  ['./mvnw -B package', ['mvnw -B package']],
  ['sh -c "npm ci && npm run build"', ['npm ci', 'npm run build']],
  ['["npm", "ci"]', ['npm ci']],
  ['[ -d /app ] || mkdir /app', ['[ -d /app ]', 'mkdir /app']],
  ['(cd web && yarn)', ['cd web', 'yarn']],
  ['npm ci \\\n  && rm -rf /x', ['npm ci', 'rm -rf /x']],
  ["echo 'a' | tee /b", ['echo a', 'tee /b']],
  ['pip install "fastapi >= 0.100" > /dev/null', ['pip install fastapi >= 0.100']],
  ['npm ci 2>&1 >>/var/log/npm >/dev/null', ['npm ci']],
  ['DEBIAN_FRONTEND=noninteractive', []],
  ['', []],
])('%j runs %j', (script, commands) => {
  expect(parseScript(script).map(({ program, words }) => [program, ...words].join(' '))).toEqual(commands);
});

test('variables set for one command stay with it', () => {
  expect(parseScript('A=1 env B="two" npm ci && make C=3')).toEqual([
    { program: 'npm', words: ['ci'], variables: ['A=1', 'B=two'] },
    { program: 'make', words: ['C=3'] },
  ]);
});

test.each<[string, readonly string[]]>([
  ['go build -tags "json prod" app', ['go', 'build', '-tags', 'json prod', 'app']],
  ['cargo build --features="tls metrics"', ['cargo', 'build', '--features=tls metrics']],
  ['CFLAGS="-O2 -g" pip install x', ['pip', 'install', 'x']],
  ['bash -lc \'pip install "a b" c\' x', ['pip', 'install', 'a b', 'c', 'x']],
  ['["/bin/sh", "-c", "npm ci"]', ['npm', 'ci']],
  [`bun build --define 'A="b"' src`, ['bun', 'build', '--define', 'A="b"', 'src']],
  [`bun build --define A='"b"' src`, ['bun', 'build', '--define', 'A="b"', 'src']],
  [`rm -rf "/var/lib/apt/lists/"*`, ['rm', '-rf', '/var/lib/apt/lists/*']],
  [`echo "it's`, ['echo', "it's"]],
])('words in quotes are one: %s', (script, words) => {
  expect(parseScript(script).map((command) => [command.program, ...command.words])).toEqual([words]);
});

test.each<[string, string]>([
  ['scripts in quotes within others', '"time " '.repeat(20_000)],
  ['blank words', '" " '.repeat(20_000)],
  ['quotes without their other half', `x '"`.repeat(20_000)],
  ['closing parentheses', `x${')'.repeat(200_000)}y`],
])('time is linear in the length of %s', (_, script) => {
  expect(parseScript(script).length).toBeLessThan(2);
});

test.each<[string, string]>([
  ['braces that do not close', `{${','.repeat(200_000)}`],
  ['braces with many names before a long path', `{${','.repeat(50_000)}}${'x'.repeat(50_000)}`],
])('whether a path is removed is found in time linear in the length of %s', (_, word) => {
  expect(removes({ program: 'rm', words: ['-rf', word] }, '.npm')).toBe(false);
});

test('each path that braces stand for is removed', () => {
  const command = { program: 'rm', words: ['/var/{cache,lib}/apt', '$' + '{A,B}/c'] };
  expect(['/var/cache/apt', '/var/lib', '/var/log', 'A/c'].map((path) => removes(command, path))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

/** Texts that look like histories, and arbitrary ones. */
const lines = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(
      fc.constantFrom('RUN', 'COPY', 'npm', 'install', '&&', '"', '[', '.', '/app', 'A=b', '--x', '\n', '|1', '#(nop)'),
    )
    .map((words) => words.join(' ')),
);

test('whatever a history says, rules answer, and answer the same again', () => {
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 6 }), fc.array(lines, { maxLength: 3 }), (history, env) => {
      const image = auditedImage({ own: history.map((instruction) => ({ instruction })), config: { Env: env } });
      const findings = findingsOf(image);
      expect(findingsOf(image)).toEqual(findings);
      expect(new Set(findings.map(({ rule }) => rule)).size).toBe(findings.length);
      for (const { bytes } of findings) expect(bytes?.min ?? 0).toBeLessThanOrEqual(bytes?.max ?? 0);
    }),
  );
});
