import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSecretName, mayHoldSecret, REDACTED, redact } from '../../../src/secrets/redact.ts';

/** Put together here, so that no scanner of this repository takes them for real ones. */
const AWS_KEY = `AKIA${'ABCDEFGHIJKLMNOP'}`;
const GITHUB_TOKEN = `ghp_${'a1B2'.repeat(9)}`;
const JWT = `eyJ${'hbGciOiJI'}.eyJ${'zdWIiOiIx'}.${'c2lnbmF0dXJl'}`;

test.each([
  // Within the value of a name that is no secret's.
  [
    '|1 DB_URL=jdbc:postgresql://h/db?password=s3cret /bin/sh -c make',
    `|1 DB_URL=jdbc:postgresql://h/db?password=${REDACTED} /bin/sh -c make`,
  ],
  ['ARG CONNECTION="Server=db;Password=s3cret"', `ARG CONNECTION="Server=db;Password=${REDACTED}"`],
  [
    'RUN echo CONN="Server=db;User Id=sa;Password=s3cret;" > .env',
    `RUN echo CONN="Server=db;User Id=sa;Password=${REDACTED};" > .env`,
  ],
  [
    'RUN export DATABASE_URL="mysql://h/db?user=a&password=s3cret" && make',
    `RUN export DATABASE_URL="mysql://h/db?user=a&password=${REDACTED}" && make`,
  ],
  ["RUN /bin/sh -c ARGS='--x=1 --db-password=s3cret'", `RUN /bin/sh -c ARGS='--x=1 --db-password=${REDACTED}`],
  [
    'ENV SPRING_DATASOURCE_URL=jdbc:mysql://h/db?password=s3cret',
    `ENV SPRING_DATASOURCE_URL=jdbc:mysql://h/db?password=${REDACTED}`,
  ],
  ['RUN FOO="TOKEN=abcdefg" ./x', `RUN FOO="TOKEN=${REDACTED}" ./x`],
  ['login "token=$X" && PASSWORD=abc "y"', `login "token=$X" && PASSWORD=${REDACTED} "y"`],
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
  ...[`AKCp${'a1B2'.repeat(15)}`, `conda.anaconda.org/t/${'ab-12345678'.repeat(2)}`].map((token) => [
    `pull ${token} now`,
    `pull ${REDACTED} now`,
  ]),
  [`x=https://discord.com/api/webhooks/1234567890123456/${'a1B2'.repeat(15)}`, `x=https://${REDACTED}`],
  [
    `psql -c "CREATE USER app PASSWORD 's3cret'" && echo "done"`,
    `psql -c "CREATE USER app PASSWORD ${REDACTED}" && echo "done"`,
  ],
  ['{"clientSecret": "abc", "name": "x"}', `{"clientSecret": "${REDACTED}", "name": "x"}`],
  ['echo "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----" > key', `echo "${REDACTED}" > key`],
])('hides the secret in %j', (text, expected) => {
  expect(redact(text)).toBe(expected);
});

const PLANTED = 'Pl4ntedS3cret';
const SIGNATURE = PLANTED.repeat(3);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const key = (kind: string): string => `-----BEGIN ${kind}-----\nMIIE${PLANTED}${PLANTED}\n-----END ${kind}-----`;

/** Ways by which images have given their secrets away. */
const LEAKS: Readonly<Record<string, readonly string[]>> = {
  'variables of several words, which no quotes hold together': [
    `|1 TOKEN=two ${PLANTED} /bin/sh -c npm ci`,
    `|2 DB_PASSWORD=${PLANTED};a&${PLANTED}|x OTHER=y /bin/bash -o pipefail -c npm ci`,
    `RUN |1 NPM_TOKEN=a ${PLANTED} b /bin/sh -c npm ci # buildkit`,
    `/bin/sh -c #(nop)  ARG API_KEY=two ${PLANTED}`,
    `ENV DB_PASSWORD=a ${PLANTED} PATH=/bin`,
    `LABEL com.example.api-token=a ${PLANTED}`,
  ],
  'values in quotes, whole, cut or put together': [
    `PASSWORD="a\\"${PLANTED}" ./run`,
    `TOKEN=a"${PLANTED}"b ./run`,
    `TOKEN="a ${PLANTED}`,
    `PASSWORD='a ${PLANTED}' ./run`,
  ],
  'names of every kind': [
    ...[
      'PGPASSWORD',
      'MYSQL_PWD',
      'SSHPASS',
      'GITHUB_TOKEN',
      '_auth',
      'SENTRY_DSN',
      'DOCKER_AUTH_CONFIG',
      'RAILS_MASTER_KEY',
      'FERNET_KEY',
    ].map((name) => `${name}=${PLANTED} ./run`),
    ...['api_key', 'apikey', 'apiKey', 'client-secret', 'db.password'].map((name) => `app --${name}=${PLANTED}`),
    `app --verbose --apiKey ${PLANTED}`,
    `CMD ["app", "--verbose", "--token", "${PLANTED}"]`,
    `java -Djavax.net.ssl.keyStorePassword=${PLANTED} -jar app.jar`,
    `keytool -importcert -storepass ${PLANTED}`,
    `CMD ["app", "--password", "${PLANTED}"]`,
    `CMD ["app" "--token" "${PLANTED}"]`,
    `AccountName=x;AccountKey=${PLANTED}==;EndpointSuffix=example.com`,
  ],
  'options of programs': [
    `curl -u user:${PLANTED} https://example.com`,
    `curl -fsSL --user "user:a ${PLANTED}" https://example.com`,
    `skopeo copy --src-creds ci:${PLANTED} docker://example.com/a dir:b`,
    `mysql -uroot -p${PLANTED} -e 'select 1'`,
    `mysqldump -u root -p'${PLANTED}' app`,
    `docker login -u ci -p ${PLANTED} registry.example.com`,
    `echo ${PLANTED} | docker login -u ci --password-stdin registry.example.com`,
    `echo "root:${PLANTED}" | chpasswd`,
    `echo ${PLANTED} | passwd --stdin root`,
    `conan user -p ${PLANTED} -r company ci`,
    `sshpass -p ${PLANTED} ssh example.com`,
    `redis-cli -h example.com -a ${PLANTED} ping`,
    `unzip -P ${PLANTED} a.zip`,
    `7z x -p${PLANTED} a.7z`,
    `openssl rsa -passin pass:${PLANTED} -in key.pem`,
    `/usr/bin/curl -u admin:${PLANTED} https://example.com`,
    `./curl -u admin:${PLANTED} https://example.com`,
    `/usr/bin/mysql -p${PLANTED} -e 'select 1'`,
    `/usr/local/bin/redis-cli -a ${PLANTED} ping`,
    `curl -fsSL \\\n  -u admin:${PLANTED} https://example.com`,
    `printf '#!/bin/sh\\ncurl -u admin:${PLANTED} https://example.com' > /run.sh`,
    `htpasswd -bc /etc/nginx/users ci ${PLANTED}`,
    `mysqladmin -u root password ${PLANTED}`,
    `psql -c "CREATE USER app WITH SUPERUSER PASSWORD '${PLANTED}';" && createdb app`,
    `mysql -e "create user 'app'@'%' identified by '${PLANTED}'"`,
    `mysql -e "ALTER USER 'root' IDENTIFIED WITH mysql_native_password BY '${PLANTED}'"`,
    `bundle config set --global gems.example.com ci:${PLANTED}`,
    `composer config --global http-basic.repo.example.com ci ${PLANTED}`,
    `composer config -n -g http-basic.repo.example.com ci ${PLANTED}`,
    `pro attach ${PLANTED}`,
    `echo "machine example.com login ci password ${PLANTED}" > ~/.netrc`,
    `npm config set //registry.example.com/:_authToken=${PLANTED}`,
    `npm config set //registry.example.com/:_authToken ${PLANTED}`,
    `aws configure set aws_secret_access_key ${PLANTED}`,
    `setx TOKEN ${PLANTED}`,
    `dotnet nuget add source https://nuget.example.com/index.json -n main -u ci -p ${PLANTED} && dotnet restore`,
    `twine upload -u ci -p ${PLANTED} dist/*`,
    `ldapsearch -x -D cn=ci -w ${PLANTED} -b dc=example`,
    `ldapadd -x -D cn=ci -w${PLANTED} -f a.ldif`,
  ],
  headers: [
    `curl -H "Authorization: token ${PLANTED}" https://example.com`,
    `curl -H 'PRIVATE-TOKEN: ${PLANTED}' https://example.com`,
    `wget --header="X-Vault-Token: ${PLANTED}" https://example.com`,
    `git config --global http.extraheader "AUTHORIZATION: basic ${PLANTED}"`,
  ],
  URLs: [
    `git clone https://ci:p@${PLANTED}@example.com/a.git`,
    `https://oauth2:${PLANTED}@example.com`,
    `https://${PLANTED}:x-oauth-basic@github.com/a/b`,
    `https://${PLANTED}:@example.com`,
    `redis://:${PLANTED}@example.com:6379`,
    `postgres://app:${PLANTED}@example.com/app`,
    `jdbc:oracle:thin:app/${PLANTED}@db.example.com:1521:main`,
    `sqlcl "jdbc:oracle:thin:app/a;${PLANTED}@db.example.com:1521:main"`,
    `curl -fsSL "https://shop.blob.example.com/models/a.bin?sv=2024-11-04&sp=r&sig=${SIGNATURE}%3D" -o a.bin`,
    `wget 'https://models.s3.example.com/a?X-Amz-Credential=a&X-Amz-Signature=${SIGNATURE}'`,
    `curl https://storage.example.com/a?X-Goog-Signature=${SIGNATURE}&x=y`,
    `wget https://models.s3.example.com/a?AWSAccessKeyId=a&Signature=${SIGNATURE}&Expires=1`,
  ],
  files: [
    `{"auths":{"https://index.docker.io/v1/":{"auth":"${PLANTED}=="}}}`,
    `echo "{\\"auths\\":{\\"example.com\\":{\\"auth\\":\\"${PLANTED}\\"}}}" > ~/.docker/config.json`,
    `{"password": "a\\"${PLANTED}"}`,
    `printf "[default]\\naws_secret_access_key = ${PLANTED}" > ~/.aws/credentials`,
    `echo "db_password = ${PLANTED}" >> app.ini`,
    `cat <<EOF > ~/.my.cnf\n[client]\npassword\t= '${PLANTED};a'\nEOF`,
    `sed -i 's/password = .*/password = ${PLANTED}/' app.ini`,
    `echo password: ${PLANTED} > app.yaml`,
    `cat <<EOF > app.yaml\ndb:\n  password: ${PLANTED}\nEOF`,
    `ENV API_TOKEN ${PLANTED}`,
    `echo "//registry.example.com/:_authToken=${PLANTED}" > .npmrc`,
    `echo "${key('PGP PRIVATE KEY BLOCK')}" | gpg --import`,
    `echo "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n${PLANTED}\n-----END RSA PRIVATE KEY-----" > key`,
    `echo "-----BEGIN OPENSSH PRIVATE KEY-----\n${PLANTED}`,
    `X=${base64(`{"auths":{"example.com":{"auth":"${PLANTED}${PLANTED}"}}}`)}`,
    ...['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'OPENSSH PRIVATE KEY'].map(
      (kind) => `X=${base64(key(kind))}`,
    ),
  ],
};

describe.each(Object.entries(LEAKS))('%s', (_what, texts) => {
  test.each(texts)('%j', (text) => {
    const shown = redact(text);
    for (const part of [PLANTED, base64(PLANTED).slice(3, 12)]) expect(shown).not.toContain(part);
    expect(redact(shown)).toBe(shown);
    expect(mayHoldSecret(JSON.stringify(text))).toBe(true);
  });
});

test.each([
  'GPG_KEY=0D96DF4D4110E5C43FBFB17F2D347EA6AA65421D',
  'PYTHON_SHA256=5c8462af5790baf43a321a1559dbe0db06d1be4300fb85fb53c40060668e548a',
  'curl -fsSL https://example.com/key.asc | gpg --import',
  'curl -u "$USER:$PASS" https://example.com',
  'wget https://example.com/x?contact=a@example.com',
  'echo $NPM_TOKEN > .npmrc',
  'TOKEN_FILE=/run/secrets/token',
  'tokenUrl=https://example.com/token',
  'TOKENIZERS_PARALLELISM=false',
  'PASSENGER_VERSION=6.0.20',
  'COPY --chown=node:node . .',
  'USER app:app',
  'docker run -u 1000:1000 app',
  'docker login --password-stdin registry.example.com',
  'docker login -u $USER -p $PASS',
  'git clone ssh://git@example.com/a.git',
  'pip install git+ssh://git@example.com/a.git',
  'postgres://app@example.com/app',
  'jdbc:oracle:thin:@//db.example.com:1521/main',
  'curl "https://shop.blob.example.com/a?sv=2024-11-04&sig=$SIGNATURE" && tar -xf "a"',
  'curl -fsSL "https://example.com/a.tar.gz?sig" -o a && curl -O https://example.com/a.tar.gz.sig',
  'curl -fsSLO "https://example.com/get?file=a-1.2.3-linux-amd64.tar.gz&sig=a-1.2.3-linux-amd64-checksums.txt.asc"',
  'curl "https://example.com/a?sig={signature_of_the_archive}"',
  'apt-get install -y ldap-utils -q',
  'pip wheel --no-deps ldap3 -w /wheels',
  'npm install ldapjs -w packages/api',
  'conda create -y -n publish python twine -p /opt/publish',
  'nuget pack a.csproj -p Configuration=Release',
  'dotnet nuget locals all --clear && dotnet publish -p:Version=1',
  'npm install @scope/package@1.2.3',
  'git config credential.helper store',
  'apt-get install -y mysql-client unzip && mkdir -p /data',
  'find /etc/mysql -name "*.cnf" -print0',
  'tar -C /usr/local/mysql -pxf a.tar',
  '[ "$password" = x ] || exit 1',
  'if [ $TOKEN = none1 ]; then exit; fi',
  'test "$SECRET" = "four"',
  '[ password = "$1" ]',
  'python -c "token = os.environ[0]; secret = get_secret()"',
  'echo "Enter your password: "',
  'echo token: $TOKEN',
  'groupadd -r postgres --gid=999',
  'apt-get install -y passwd openssh-client',
  'bundle config build.nokogiri --use-system-libraries',
  'bundle config build.rmagick "--with-opt-dir=/usr/lib:/opt/lib"',
  'bundle config --global local.shop /src/shop:/src/other',
  'bundle config set --local path vendor/bundle',
  'pro attach --attach-config /run/secrets/pro',
  `{ echo "mariadb-server-10.11" mysql-server/root_password password 'unused'; } | debconf-set-selections`,
  `grep -q password '/etc/app.conf' && read -p 'password ' REPLY`,
  'RUN --mount=type=secret,id=npm_token npm ci',
  `X=${base64('-----BEGIN CERTIFICATE-----\nMIIE')}`,
])('leaves %j as it is', (text) => {
  expect(redact(text)).toBe(text);
});

describe('any text', () => {
  test("hides the value of a variable with a secret's name", () => {
    const value = fc.stringMatching(/^[A-Za-z0-9]{6,40}$/);
    const name = fc.constantFrom('PASSWORD', 'DB_PASSWORD', 'AUTH_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'client_secret');
    fc.assert(
      fc.property(name, value, fc.string({ maxLength: 50 }), (key, secret, rest) => {
        fc.pre(!rest.includes(secret) && !key.includes(secret));
        expect(redact(`RUN ${key}=${secret} && echo done ${rest}`)).not.toContain(secret);
      }),
    );
  });

  test('does not change when redacted again', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        const once = redact(`TOKEN=abcdef ${text}`);
        expect(redact(once)).toBe(once);
      }),
    );
  });
});

test('names of files and switches are not secrets', () => {
  expect(['DB_PASSWORD', 'apiKey', 'GITHUB_TOKEN', 'SENTRY_DSN'].every(isSecretName)).toBe(true);
  expect(
    ['TOKEN_FILE', 'PASSWORD_POLICY', 'SECRET_NAME', 'SECRETS_MANAGER_REGION', 'GPG_KEY', 'PATH'].some(isSecretName),
  ).toBe(false);
});

test('reads a long word of references once, not once per reference', () => {
  const text = 'token="$token="'.repeat(300_000);
  expect(redact(text)).toBe(text);
});
