import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedContentError } from '../../../src/errors.ts';
import { parseImageConfig } from '../../../src/oci/image-config.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { hideSecrets, secretsIn } from '../../../src/secrets/find-secrets.ts';
import { redact } from '../../../src/secrets/redact.ts';
import { withoutSecrets } from '../../../src/secrets/without-secrets.ts';
import { auditedImage } from '../../support/audited-image.ts';

const kept = (content: unknown): string => Buffer.from(withoutSecrets(Buffer.from(JSON.stringify(content)))).toString();

const config = (env: readonly string[], steps: readonly string[], labels: Record<string, string> = {}) => ({
  os: 'linux',
  config: { Env: env, Labels: labels },
  history: steps.map((created_by) => ({ created_by })),
});

test('content without secrets is unchanged, byte by byte', () => {
  const body = Buffer.from('{ "config" : {"Env":["PATH=/bin", "GPG_KEY=0D96DF4D"],"config":1, "config":2} }');
  expect(withoutSecrets(body)).toBe(body);
  const placeholders = Buffer.from('{ "config": { "Env": ["DB_PASSWORD=/run/secrets/db", "MAX_TOKENS=4096"] } }');
  expect(withoutSecrets(placeholders)).toBe(placeholders);
});

test.each([
  ['a variable', config(['DB_PASSWORD=planted canary of words'], [])],
  [
    'a step that set it',
    config(['DB_PASSWORD=a planted canary'], ['/bin/sh -c #(nop)  ENV DB_PASSWORD=a planted canary']),
  ],
  [
    'a step that set a variable of an odd name',
    config(['app/db.password=a planted canary'], ['ENV app/db.password=a planted canary']),
  ],
  ['a build argument', config([], ['|1 NPM_TOKEN=planted /bin/sh -c npm ci'])],
  ['a build argument of words', config([], ['|2 A=b NPM_TOKEN=two planted words /bin/sh -c npm ci'])],
  ['the command', { config: { Cmd: ['app', '--api-key', 'planted'], Entrypoint: ['x', '--token=planted'] } }],
  ['a token by its shape', config(['GREETING=ghp_planted0123456789012345678901234567'], [])],
  ['a URL', config([], ['RUN curl https://ci:planted@example.com/x'])],
  ['a label by its name', config([], [], { 'com.example.api-token': 'planted words' })],
  ['JSON in a variable', config(['CONFIG={"password":"planted"}'], [])],
  ['what Docker calls the container', { container_config: { Env: ['API_KEY=planted'] } }],
  ['a build argument of provenance', { invocation: { parameters: { args: { 'build-arg:NPM_TOKEN': 'planted' } } } }],
  [
    'steps after tabs and line breaks',
    config([], ['RUN set -eux; \tcurl -u ci:planted x', 'RUN <<EOF\nlogin -p planted\nmysql -pplanted\nEOF']),
  ],
  ['a token at the start of a line', config([], ['RUN <<EOF\nghp_planted0123456789012345678901234567\nEOF'])],
  ['a variable of a step of BuildKit', { exec: { meta: { env: ['A_TOKEN=two planted words'] } } }],
  ['JSON in JSON', { history: [{ v1Compatibility: '{"config":{"Env":["API_TOKEN=planted"]}}' }] }],
])('the secret of %s is hidden', (_what, content) => {
  expect(kept(content)).not.toContain('planted');
});

test('a secret after characters that the builder escaped is hidden', () => {
  const step = 'cd /app \\u0026\\u0026curl\\u0020-u ci:planted http:\\/\\/x';
  expect(String(withoutSecrets(Buffer.from(`{"history":[{"created_by":"${step}"}]}`)))).not.toContain('planted');
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A stored text, followed by the decoded contents of its base64 fields. */
function decoded(text: string): string {
  return text.replace(/"(?:data|payload)":"([^"]*)"/g, (_, data: string) =>
    decoded(Buffer.from(data, 'base64').toString()),
  );
}

test('files embedded by a build are stored without their secrets', () => {
  const dockerfile = [
    'FROM alpine:3.20 AS build',
    'ENV DB_PASSWORD=planted1',
    'ENV API_TOKEN planted2',
    'RUN curl -fsSL \\',
    '      -u ci:planted3 https://example.com',
  ].join('\n');
  const infos = [{ filename: 'Dockerfile', data: base64(dockerfile) }];
  const statement = { predicate: { metadata: { source: { infos } } } };
  for (const content of [statement, { payload: base64(JSON.stringify(statement)) }]) {
    expect(decoded(kept(content))).toContain('FROM alpine:3.20 AS build');
    expect(decoded(kept(content))).not.toContain('planted');
  }
  expect(decoded(kept({ config: { data: base64('{"config":{"Env":["A_TOKEN=two planted words"]}}') } }))).not.toContain(
    'planted',
  );
});

test('build information that BuildKit 0.9 to 0.11 put into configs is stored without secrets', () => {
  const buildInfo = { frontend: 'dockerfile.v0', attrs: { 'build-arg:NPM_TOKEN': 'planted', filename: 'Dockerfile' } };
  const key = 'moby.buildkit.buildinfo.v1';
  const stored = JSON.parse(kept({ ...config([], []), [key]: base64(JSON.stringify(buildInfo)) }));
  const decodedInfo = Buffer.from(stored[key], 'base64').toString();
  expect(decodedInfo).not.toContain('planted');
  expect(decodedInfo).toContain('"filename":"Dockerfile"');
});

test('base64 without secrets is unchanged, byte by byte', () => {
  const binary = Buffer.from([0xff, 0xd8, ...Buffer.from('DB_PASSWORD=hunter2')]).toString('base64');
  for (const data of [base64('FROM scratch'), base64('{ "config": 1 }'), binary, '', 'no base64']) {
    const body = Buffer.from(`{ "infos": [{ "data": "${data}" }], "payload": "${data}" }`);
    expect(withoutSecrets(body)).toBe(body);
  }
});

test('thousands of variables over thousands of steps take linear time, and their secrets are hidden', () => {
  const env = Array.from({ length: 8_000 }, (_, at) => `TOKEN_${at}=planted words of ${at}`);
  const copy = kept(
    config(
      env,
      [...env, ...env].map((entry) => `/bin/sh -c #(nop)  ENV ${entry} and=more`),
    ),
  );
  expect(copy).not.toContain('planted');
  expect(copy).not.toContain('words of');
});

test('nesting is limited, and secrets are hidden at any depth', () => {
  const body = Buffer.from(`{"Env":["TOKEN=planted"],"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  const copy = Buffer.from(withoutSecrets(body)).toString();
  expect(copy.length).toBeLessThan(1_000);
  expect(copy).not.toContain('planted');
});

test('content that may hold a secret but is no JSON object is malformed, not a bug', () => {
  for (const text of ['{"a":1}\n{"token":"abcdefgh"}', '["token=abcdefgh"]', 'token=abcdefgh'])
    expect(() => withoutSecrets(Buffer.from(text))).toThrow(MalformedContentError);
});

const words = fc.constantFrom(
  ...[
    'DB_PASSWORD=hunter2hunter2',
    'token="two words"',
    '--password hunter2hunter2',
    'NPM_TOKEN=$TOKEN',
    'MAX_TOKENS=4096',
  ],
  ...[
    '{"api_key": "hunter2hunter2"}',
    'https://ci:hunter2hunter2@example.com/',
    'curl -u ci:hunter2hunter2 example.com',
    '"--api_key" "hunter2hunter2"',
    '-H "Authorization: Bearer hunter2hunter2"',
  ],
  ...[
    'DB_PASSWORD=/run/secrets/x',
    'ghp_hunter2hunter2hunter2hunter2hunt',
    '&&',
    'npm ci',
    'ENV',
    'TOKEN=true',
    'PASSWORD=***',
  ],
  ...[
    'db_password = hunter2hunter2',
    'echo password: hunter2hunter2',
    'https://hunter2hunter2:x-oauth-basic@example.com/',
    '/usr/bin/curl -u ci:hunter2hunter2 example.com',
    'tiktoken==0.7.0',
    'ENABLE_AUTH=1',
  ],
);

test('a hidden secret is still reported as a secret, whatever surrounds it', () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 8 }), (command) => {
      const text = command.join(' ');
      const hidden = hideSecrets(text);
      expect(hidden).not.toContain('hunter2');
      expect(redact(hidden)).toBe(redact(text));
      expect(secretsIn(hidden)).toEqual(secretsIn(text));
    }),
    { numRuns: 1_000 },
  );
});

test('whatever the text, its stored copy parses', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      expect(() => JSON.parse(kept({ Env: [`TOKEN=${text}`], history: [{ created_by: text }] }))).not.toThrow();
    }),
  );
});

test('a config never keeps a secret that is hidden in its steps, whatever separates the words', () => {
  const gap = fc.constantFrom(' ', '\t', '\n', ' \\\n\t', '; ', '&&');
  fc.assert(
    fc.property(fc.array(fc.tuple(words, gap), { maxLength: 8 }), (command) => {
      const text = command.flat().join('');
      fc.pre(!redact(text).includes('hunter2'));
      expect(kept({ history: [{ created_by: text }] })).not.toContain('hunter2');
    }),
    { numRuns: 1_000 },
  );
});

test('the stored copy has the findings of the original', () => {
  const own = [{ instruction: '|1 NPM_TOKEN=hunter2hunter2 MAX_TOKENS=4096 /bin/sh -c npm ci' }];
  const original = auditedImage({
    config: { Env: ['DB_PASSWORD=two words', 'A_TOKEN=/run/x', 'URL=https://u:pw@x'] },
    own,
  });
  const copy = JSON.parse(
    kept({
      config: { Env: original.config.env },
      history: original.config.history.map(({ createdBy, emptyLayer }) => ({
        created_by: createdBy,
        empty_layer: emptyLayer,
      })),
    }),
  );
  const { env, history } = parseImageConfig(JSON.stringify(copy));
  expect(findingsOf({ ...original, config: { ...original.config, env, history } })).toEqual(findingsOf(original));
  expect(findingsOf(original).map(({ rule }) => rule)).toContain('secret-in-env');
});
