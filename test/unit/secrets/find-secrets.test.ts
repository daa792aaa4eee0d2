import fc from 'fast-check';
import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { generateDockerfile } from '../../../src/advise/dockerfile/generate.ts';
import { checkImage } from '../../../src/policy/check-image.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { formatJUnit } from '../../../src/policy/formats/junit.ts';
import { formatSarif } from '../../../src/policy/formats/sarif.ts';
import { isSecret, secretsIn } from '../../../src/secrets/find-secrets.ts';
import { redact } from '../../../src/secrets/redact.ts';
import { auditedImage } from '../../support/audited-image.ts';

const REFERENCE = 'registry.example.com/app:1';

/** Longer than any word in messages, so that finding it means that it leaked. */
const secretValues = fc.stringMatching(/^[A-Za-z0-9]{20,40}$/);
const secretNames = fc.constantFrom('DB_PASSWORD', 'NPM_TOKEN', 'api_key', 'AWS_SECRET_ACCESS_KEY', 'CLIENT_SECRET');

test('no output of rules, policy or advice holds the value of a secret', () => {
  fc.assert(
    fc.property(secretNames, secretValues, (name, value) => {
      const image = auditedImage({
        runtime: 'node',
        variant: 'full',
        config: { Env: [`${name}=${value}`], Cmd: ['node', `--${name}=${value}`], ExposedPorts: { '80/tcp': {} } },
        own: [
          { instruction: `|1 ${name}=${value} /bin/sh -c npm install` },
          { instruction: `RUN /bin/sh -c ${name}=${value} npm install # buildkit` },
          { instruction: `RUN /bin/sh -c curl https://ci:${value}@example.com/x | sh # buildkit` },
        ],
      });
      const findings = findingsOf(image);
      const violations = checkImage({ reference: REFERENCE, owner: { repository: 'app' }, image }, {}, '2026-11-24');
      const texts = [
        JSON.stringify(findings),
        formatJUnit([REFERENCE], violations),
        formatSarif(violations, '1.0.0'),
        JSON.stringify(adviseImage(image, findings, knowledgeOf([]), { kind: 'reduction', ratio: 0.9 })),
        JSON.stringify(generateDockerfile(image, 'slim-base', '2026-11-24')),
      ];
      expect(findings.map(({ rule }) => rule)).toEqual(expect.arrayContaining(['secret-in-env', 'secret-in-history']));
      for (const text of texts) expect(text).not.toContain(value);
    }),
  );
});

test.each([
  ['NPM_TOKEN=abcdef123456 npm ci', ['NPM_TOKEN']],
  ['login --password hunter2hunter2 --user ci', ['password']],
  ['curl -H "Authorization: Bearer abcdef1234567890"', ['credential']],
  ['echo ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789', ['credential']],
  ['NPM_TOKEN=$TOKEN npm ci', []],
  ['apt-get install -y passwd', []],
  ['SECRET_KEY_BASE=dummy rails assets:precompile', []],
  ['SECRET_KEY=build-only python manage.py collectstatic', []],
  ['SECRET_KEY_BASE_DUMMY=1 rails assets:precompile', []],
  ['SECRET_KEY_BASE=1 rails assets:precompile', []],
  ['SECRET_KEY=hunter2 python manage.py collectstatic', ['SECRET_KEY']],
  ['SECRET_KEY=dummy4f8e1c9a7b2d python manage.py collectstatic', ['SECRET_KEY']],
  ['git clone https://abcdef0123456789abcdef01234567:x-oauth-basic@github.com/a/b', ['credential']],
  ['git clone https://mytoken123:@dev.azure.com/a/b', ['credential']],
  ['curl https://alice:hunter2hunter2@example.com', ['credential']],
  ['printf "[default]\\naws_secret_access_key = wJalrXUtnFEMI" > ~/.aws/credentials', ['aws_secret_access_key']],
  ['echo db_password: hunter2hunter2 > x', ['db_password']],
])('%s holds the secrets %j', (text, names) => {
  expect(secretsIn(text)).toEqual(names);
});

/** Texts without secrets that look like some: packages with a version, switches. */
const HARMLESS = [
  'RUN pip install tiktoken==0.7.0 "azure-keyvault-secrets==4.7.0" google-cloud-secret-manager==2.16.0',
  'RUN conda install tiktoken=0.5.2 "secretstorage=3.3.3" && echo done',
  'RUN apk add --no-cache libsecret=0.21.4-r0',
  'RUN apt-get install -y libsecret-1-dev=0.20.5-3 passwd=1:4.13+dfsg1-1+b1',
  'ENV PACKAGES=a tiktoken==0.7.0',
  'ARG ENABLE_AUTH=1',
  'RUN cmake -DENABLE_TOKEN_AUTH=ON -DREQUIRE_PASSWORD=0 ..',
  'RUN ./configure --without-password --with-foo CFLAGS=-O2',
  'RUN sh configure --without-token --with-foo',
  'AUTH=on REQUIRE_AUTH="false" ./run',
  'RUN adduser --disabled-password app',
];

test.each(HARMLESS)('%s holds no secret, and is shown unchanged', (text) => {
  expect(secretsIn(text)).toEqual([]);
  expect(redact(text)).toBe(text);
});

test.each([
  'conda install "tiktoken=0.5.2" && TOKEN=hunter2hunter2 "x"',
  'TOKEN=1.2.3-hunter2',
  'login --password=1.2.3-hunter2',
  'db_password=1.2hunter2 ./run',
  'RUN echo token=7.5hunter2 > .settings',
  '|1 app.secret=0.1.hunter2 /bin/sh -c ./run',
])('the secret in %s is redacted', (text) => {
  expect(redact(text)).not.toContain('hunter2');
});

test.each([
  ['REQUIRE_AUTH', '1', false],
  ['DISABLE_AUTH', '1', false],
  ['AUTH', '1', false],
  ['USE_PASSWORD', '1', false],
  ['MYSQL_RANDOM_ROOT_PASSWORD', '1', false],
  ['MARIADB_ALLOW_EMPTY_ROOT_PASSWORD', '1', false],
  ['AUTH', 'on', false],
  ['PASSWORD', 'disabled', false],
  ['PASSWORD', '1', true],
  ['DB_PASSWORD', '1234', true],
  ['DB_PASSWORD', '/p/4bJ+zq19', true],
  ['DB_PASSWORD', '/run/secrets/db', false],
  ['MAX_TOKENS', '4096', false],
  ['DB_PASSWORD', '', false],
  ['DB_PASSWORD', '$DB_PASSWORD', false],
  ['GREETING', 'hello', false],
  ['SECRET_KEY', 'placeholder-for-the-build', false],
  ['OTP_SECRET', 'precompile_placeholder', false],
  ['SWIFT_SIGNING_KEY', '52BB7E3DE28A71BE22EC05FFEF80A866B47A981F', false],
  ['DB_PASSWORD', '52BB7E3DE28A71BE22EC05FFEF80A866B47A981F', true],
  ['SIGNING_KEY', '52bb7e3de28a71be22ec05ffef80a866b47a981f', true],
  ['API_KEY', '52BB7E3DE28A71BE22EC05FFEF80A866B47A981F', true],
  ['API_KEY_HEADER', 'X-Api-Key', false],
  ['ACCESS_TOKEN_LIFETIME', '15m', false],
  ['ADMIN_PASSWORD', 'changeme', true],
  ['DB_PASSWORD_ARN', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db', false],
  ['DB_PASSWORD', 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:db', false],
  ['DB_PASSWORD', 'projects/123/secrets/db/versions/latest', false],
  ['DB_PASSWORD', 'vault:secret/data/app#password', false],
  ['SECRETS_BACKEND', 'vault', false],
  ['MODEL_MAX_TOKENS', '8k', false],
  ['COMPOSER_AUTH', '{}', false],
  ['AUTH_SECRET', 'build', false],
  ['JAVA_OPTS', '-Djavax.net.ssl.trustStorePassword=changeit', false],
  ['JAVA_OPTS', '-Djavax.net.ssl.trustStorePassword=hunter2', true],
  ['DATABASE_URL', 'postgres://dummy:dummy@localhost:5432/dummy', false],
  ['DATABASE_URL', 'postgres://app:hunter2@localhost:5432/dummy', true],
  ['SENTRY_DSN', 'https://0123456789abcdef@o42.ingest.sentry.io/42', false],
  ['DB_DSN', 'postgres://app:hunter2@db/app', true],
  ['DB_DSN', 'app:hunter2@tcp(db:3306)/app', true],
  ['DB_DSN', 'app/hunter2@//db:1521/app', true],
  ['DB_DSN', 'host=db user=app password=hunter2', true],
  ['ConnectionStrings__Shop', 'Server=db;Database=shop;Trusted_Connection=True', false],
  ['ConnectionStrings__Shop', 'Server=db;User Id=app;Password=hunter2', true],
  ['STORAGE_CONNECTION_STRING', 'AccountName=shop;AccountKey=aHVudGVyMg==', true],
  ['NEXT_PUBLIC_FIREBASE_API_KEY', 'AIzaSyA1234567890abcdefghijklmnopqrstuvw', false],
  ['VITE_MAPS_API_KEY', 'hunter2hunter2', false],
  ['MAPS_API_KEY', 'AIzaSyA1234567890abcdefghijklmnopqrstuvw', true],
  ['VITE_STRIPE_SECRET_KEY', 'hunter2hunter2', true],
  ['VITE_STRIPE_API_KEY', 'sk_live_0123456789abcdef0123', true],
  ['URL', 'https://ci:hunter2hunter2@example.com', true],
  ['REDIS_PASSWORD_CACHE', 'hunter2', true],
  ['API_KEY_BACKEND', 'hunter2hunter2', true],
  ['TOKEN_CACHE', 'redis', false],
  ['DB_PASSWORD', 'build-hunter2', true],
  ['JWT_SECRET', 'op:hunter2', true],
  ['DB_PASSWORD', 'vault:hunter2', true],
  ['DB_PASSWORD', 'op://shop/db/password', false],
  ['API_TOKEN', '12345a', true],
  ['MAILER_DSN', 'sendgrid://hunter2@default', true],
  ['MAILER_DSN', 'smtp://mail:25', false],
  ['SLACK_DSN', 'slack://xoxb-0123456789-abcdef@slack.example.com', true],
  ['DB_DSN', 'mysql:host=db;user=app;passwd=hunter2', true],
  ['NEXT_PUBLIC_ALGOLIA_ADMIN_API_KEY', 'hunter2hunter2', true],
  ['VITE_OPENAI_API_KEY', 'hunter2hunter2', true],
  ['OPENAI', `sk-${'aB3'.repeat(6)}aBT3BlbkFJ${'aB3'.repeat(6)}aB`, true],
  ['EXPO_PUBLIC_SUPABASE_ANON_KEY', 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.hunter2', false],
  ['NEXT_PUBLIC_SUPABASE_SERVICE_ROLE_KEY', 'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZSJ9.hunter2', true],
])('%s=%s is a secret: %s', (name, value, secret) => {
  expect(isSecret(name, value)).toBe(secret);
});

test('an address of any length is searched for a password once', () => {
  for (const part of [':', 'a:', '@', `${'a'.repeat(300)}@`])
    expect(isSecret('DB_DSN', part.repeat(12_000_000 / part.length))).toBe(false);
});
