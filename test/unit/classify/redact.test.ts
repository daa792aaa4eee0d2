import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSecretName, REDACTED, redact } from '../../../src/classify/redact.ts';

/** Put together here, so that no scanner of this repository takes them for real ones. */
const AWS_KEY = `AKIA${'ABCDEFGHIJKLMNOP'}`;
const GITHUB_TOKEN = `ghp_${'a1B2'.repeat(9)}`;
const JWT = `eyJ${'hbGciOiJI'}.eyJ${'zdWIiOiIx'}.${'c2lnbmF0dXJl'}`;

test.each([
  ['DB_PASSWORD=hunter22 npm ci', `DB_PASSWORD=${REDACTED} npm ci`],
  ['|1 NPM_TOKEN=abcdef /bin/sh -c npm ci', `|1 NPM_TOKEN=${REDACTED} /bin/sh -c npm ci`],
  ['API_KEY="two words" ./run', `API_KEY=${REDACTED} ./run`],
  ['mysql --password=s3cret -e "select 1"', `mysql --password=${REDACTED} -e "select 1"`],
  ['login --token abc123 --user me', `login --token ${REDACTED} --user me`],
  ['git clone https://me:s3cret@example.com/a.git', `git clone https://me:${REDACTED}@example.com/a.git`],
  ['git clone https://s3cret@example.com/a.git', `git clone https://${REDACTED}@example.com/a.git`],
  [
    'curl -H "Authorization: Bearer abcdefgh" https://example.com',
    `curl -H "Authorization: Bearer ${REDACTED}" https://example.com`,
  ],
  [`echo ${AWS_KEY}`, `echo ${REDACTED}`],
  [`echo ${GITHUB_TOKEN}`, `echo ${REDACTED}`],
  [`echo ${JWT}`, `echo ${REDACTED}`],
  ['{"clientSecret": "abc", "name": "x"}', `{"clientSecret": "${REDACTED}", "name": "x"}`],
  ['echo "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----" > key', `echo "${REDACTED}" > key`],
])('hides the secret in %j', (text, expected) => {
  expect(redact(text)).toBe(expected);
});

test.each([
  'GPG_KEY=0D96DF4D4110E5C43FBFB17F2D347EA6AA65421D',
  'PYTHON_SHA256=5c8462af5790baf43a321a1559dbe0db06d1be4300fb85fb53c40060668e548a',
  'curl -fsSL https://example.com/key.asc | gpg --import',
  'echo $NPM_TOKEN > .npmrc',
  'TOKEN_FILE=/run/secrets/token',
  'COPY --chown=node:node . .',
  'groupadd -r postgres --gid=999',
])('leaves %j as it is', (text) => {
  expect(redact(text)).toBe(text);
});

describe('whatever the text', () => {
  test('a value of a variable with a secret name never comes through', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9]{6,40}$/);
    const name = fc.constantFrom('PASSWORD', 'DB_PASSWORD', 'AUTH_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'client_secret');
    fc.assert(
      fc.property(name, value, fc.string({ maxLength: 50 }), (key, secret, rest) => {
        fc.pre(!rest.includes(secret) && !key.includes(secret));
        expect(redact(`RUN ${key}=${secret} && echo done ${rest}`)).not.toContain(secret);
      }),
    );
  });

  test('what is redacted stays as it is when redacted again', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        const once = redact(`TOKEN=abcdef ${text}`);
        expect(redact(once)).toBe(once);
      }),
    );
  });
});

test('names of files and switches are no secrets', () => {
  expect(['DB_PASSWORD', 'apiKey', 'GITHUB_TOKEN', 'SENTRY_DSN'].every(isSecretName)).toBe(true);
  expect(['TOKEN_FILE', 'PASSWORD_POLICY', 'SECRET_NAME', 'GPG_KEY', 'PATH'].some(isSecretName)).toBe(false);
});
