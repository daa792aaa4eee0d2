import { expect, onTestFinished, test, vi } from 'vitest';
import type { ImageSketch, LayerSketch } from '../../support/audited-image.ts';
import { add, copy, dockerfile, run } from '../../support/dockerfiles.ts';

const workdir = (folder: string): LayerSketch => ({ instruction: `WORKDIR ${folder}` });

test.each<[string, ImageSketch, readonly string[]]>([
  [
    'one package of a pnpm workspace',
    {
      runtime: 'node',
      own: [
        workdir('/app'),
        copy('pnpm-lock.yaml pnpm-workspace.yaml package.json ./'),
        copy('apps/api/package.json apps/api/'),
        run('pnpm install --frozen-lockfile'),
        copy('. .'),
        run('pnpm --filter api build'),
        workdir('apps/api'),
      ],
      config: { WorkingDir: '/app/apps/api', Cmd: ['node', 'dist/index.js'] },
    },
    [
      'WORKDIR /app\nCOPY package.json pnpm-lock.yaml pnpm-workspace.yam[l] ./\nCOPY apps/api/package.json ./apps/api/\n',
      'COPY . .\nRUN pnpm --filter api build\n',
      'WORKDIR /app/apps/api\nCOPY --from=build /app /app\n',
    ],
  ],
  [
    'one package of a pnpm workspace, which is deployed to where it starts',
    {
      runtime: 'node',
      own: [
        workdir('/repo'),
        copy('. .'),
        run('pnpm install --frozen-lockfile && pnpm -r build && pnpm deploy --filter=api /prod/api'),
        workdir('/prod/api'),
      ],
      config: { WorkingDir: '/prod/api', Cmd: ['node', 'dist/index.js'] },
    },
    [
      'WORKDIR /repo\n',
      'pnpm install --frozen-lockfile\nRUN pnpm -r build\n',
      'pnpm deploy --filter=api /prod/api --prod\n\nFROM',
      'WORKDIR /prod/api\nCOPY --from=build /prod/api ./\nUSER 1000:1000\nCMD ["node", "dist/index.js"]',
    ],
  ],
  [
    'a package that is deployed to a folder of its repository',
    {
      runtime: 'node',
      own: [
        workdir('/app'),
        copy('. .'),
        run('pnpm install && pnpm --filter api --prod deploy pruned'),
        workdir('/app/pruned'),
      ],
      config: { WorkingDir: '/app/pruned', Cmd: ['node', 'index.js'] },
    },
    ['pnpm --filter api --prod deploy pruned\n\nFROM', 'WORKDIR /app/pruned\nCOPY --from=build /app/pruned ./\n'],
  ],
  [
    'a package of a workspace whose parts are copied by name',
    {
      runtime: 'node',
      own: [
        workdir('/app'),
        copy('package.json yarn.lock ./'),
        copy('packages/a/package.json packages/a/'),
        run('yarn install --frozen-lockfile'),
        copy('packages/a packages/a'),
        run('yarn workspace a build'),
        workdir('packages/a'),
      ],
      config: { WorkingDir: '/app/packages/a' },
    },
    [
      'WORKDIR /app\nCOPY package.json yarn.lock ./\nCOPY packages/a/package.json ./packages/a/\n',
      'COPY packages/a ./packages/a\nRUN yarn workspace a build\n',
      'WORKDIR /app/packages/a\nCOPY --from=build /app /app\n',
    ],
  ],
  [
    'files beside a program that an earlier stage compiled',
    {
      runtime: 'go',
      own: [
        workdir('/srv'),
        copy('/out/server /usr/local/bin/'),
        copy('templates ./templates'),
        copy('static/ config.yaml ./'),
        copy('go.mod ./'),
      ],
      config: { WorkingDir: '/srv', Entrypoint: ['server'] },
    },
    [
      'COPY --from=build /out/server /usr/local/bin/server\nCOPY templates /srv/templates\nCOPY static/ config.yaml /srv/\nUSER',
    ],
  ],
  [
    'files beside a program in a folder that is usually for builds',
    {
      runtime: 'rust',
      own: [workdir('/usr/src/app'), copy('/out/shop /usr/local/bin/'), copy('templates ./templates')],
      config: { WorkingDir: '/usr/src/app', Cmd: ['shop'] },
    },
    ['WORKDIR /usr/src/app\nCOPY --from=build /out/shop /usr/local/bin/shop\nCOPY templates /usr/src/app/templates\n'],
  ],
  [
    'files beside a program, but not the script that starts it',
    {
      runtime: 'go',
      own: [workdir('/srv'), copy('/out/server /srv/'), copy('entrypoint.sh ./'), copy('templates ./templates')],
      config: { WorkingDir: '/srv', Entrypoint: ['./entrypoint.sh'], Cmd: ['./server'] },
    },
    [
      '/usr/local/bin/server\nCOPY templates /srv/templates\nUSER',
      '# The image is started by ./entrypoint.sh: copy it',
    ],
  ],
  [
    'files of a program whose sources were copied by name',
    {
      runtime: 'go',
      own: [
        workdir('/srv'),
        copy('main.go go.mod ./'),
        copy('templates ./templates'),
        run('go build -o /usr/local/bin/server .'),
        copy('/migrations ./migrations'),
      ],
      config: { WorkingDir: '/srv', Entrypoint: ['server'] },
    },
    ['/usr/local/bin/server\n# Also copy from /src the files that the program reads, such as templates.\nUSER'],
  ],
  [
    'Next.js in a repository of several packages',
    {
      runtime: 'node',
      framework: 'Next.js',
      own: [copy('. /repo'), run('npx turbo run build --filter=web'), workdir('/repo/apps/web')],
      config: { WorkingDir: '/repo/apps/web' },
    },
    [
      'RUN npx turbo run build --filter=web\n',
      'RUN mkdir -p apps/web/public\n',
      'WORKDIR /repo\nCOPY --from=build --chown=1000:1000 /repo/apps/web/.next/standalone ./\n',
      'COPY --from=build /repo/apps/web/public ./apps/web/public\n',
      'CMD ["node", "apps/web/server.js"]',
    ],
  ],
  [
    'a Python program below the folder of its sources',
    {
      runtime: 'python',
      own: [workdir('/app'), copy('. .'), workdir('src'), run('python manage.py collectstatic --noinput')],
      config: { WorkingDir: '/app/src', Cmd: ['python', 'main.py'] },
    },
    [
      'WORKDIR /app\nCOPY requirements.txt .\n',
      'COPY . .\nWORKDIR /app/src\nRUN /opt/venv/bin/python manage.py collectstatic --noinput\n',
      'WORKDIR /app/src\nCOPY --from=build /app /app\n',
    ],
  ],
  [
    'PHP whose public folder is served',
    {
      runtime: 'php',
      own: [{ instruction: '/bin/sh -c #(nop) COPY dir:1b2c in /var/www ' }],
      config: { WorkingDir: '/var/www/public' },
    },
    ['WORKDIR /var/www/public\nCOPY --from=build /app /var/www\n'],
  ],
])('starts in its folder: %s', (_, sketch, parts) => {
  for (const part of parts) expect(dockerfile(sketch)).toContain(part);
});

test.each<[string, ImageSketch, readonly string[]]>([
  [
    'Node.js',
    { runtime: 'node', own: [copy('server/package*.json ./'), run('npm ci'), copy('server/ .')] },
    ['WORKDIR /app\nCOPY server/package.json server/package-lock.json ./\nRUN', 'npm ci\nCOPY server/ ./\nRUN'],
  ],
  [
    'a package in the only folder that is copied',
    { runtime: 'node', own: [copy('./src/ /app/'), run('npm install')] },
    ['WORKDIR /app\nCOPY src/package.json src/package-lock.json ./\n', 'COPY ./src/ ./\n'],
  ],
  [
    'a built program',
    { runtime: 'node', own: [copy('site/ /app/'), run('chown node /app')] },
    ['WORKDIR /app\nCOPY package.json package-lock.json ./\nRUN', 'COPY site/ ./\n'],
  ],
  [
    'Poetry',
    {
      runtime: 'python',
      own: [copy('api/pyproject.toml api/poetry.lock /app/'), run('poetry install'), copy('api /app')],
    },
    ['COPY api/pyproject.toml api/poetry.lock ./\nRUN', 'COPY api ./\n\nFROM'],
  ],
  [
    'pip, in its own folder',
    {
      runtime: 'python',
      own: [copy('requirements.txt .'), run('pip install -r requirements.txt'), copy('./app /app/app')],
    },
    ['pip install -r requirements.txt\nCOPY ./app ./app\n\nFROM'],
  ],
  [
    'Bundler',
    { runtime: 'ruby', own: [copy('web/Gemfile web/Gemfile.lock ./'), run('bundle install'), copy('web .')] },
    ['COPY web/Gemfile web/Gemfile.lock ./\n', 'COPY web ./\n'],
  ],
  [
    'PHP',
    { runtime: 'php', own: [copy('src/ /var/www/html/')], config: { WorkingDir: '/var/www/html' } },
    ['WORKDIR /app\nCOPY src/ ./\nRUN'],
  ],
  [
    'Laravel',
    { runtime: 'php', framework: 'laravel', own: [copy('composer.json composer.lock ./'), copy('routes routes')] },
    ['COPY routes ./routes\nRUN composer dump', 'RUN mkdir -p storage bootstrap/cache\n\nFROM'],
  ],
  [
    'Composer',
    {
      runtime: 'php',
      own: [copy('api/composer.* ./'), run('composer install'), copy('api/ ./'), copy('public public')],
      config: { WorkingDir: '/srv/api/' },
    },
    [
      'COPY api/composer.json api/composer.loc[k] ./\n',
      'COPY api/ ./\nCOPY public ./public\nRUN composer dump-autoload',
      'WORKDIR /srv/api\nCOPY --from=build /app ./\n',
    ],
  ],
  [
    'lists with a wildcard, once',
    { runtime: 'ruby', own: [copy('Gemfile* ./'), run('bundle install'), copy('lib lib')] },
    ['COPY Gemfile Gemfile.lock ./\nRUN', 'cache\nCOPY lib ./lib\n'],
  ],
  [
    'settings of a compiler, once',
    {
      runtime: 'node',
      own: [copy('package.json tsconfig.json ./'), run('npm ci'), copy('src src'), run('npx tsc -p .')],
    },
    ['COPY tsconfig.json ./\nRUN', 'npm ci\nCOPY src ./src\nRUN npx tsc -p .\nRUN'],
  ],
  [
    "pip's list in the folder of the sources",
    {
      runtime: 'python',
      own: [copy('api/requirements.txt .'), run('pip install -r requirements.txt'), copy('api/ .')],
    },
    ['COPY api/*.txt api/\nRUN', 'pip install -r api/requirements.txt\nCOPY api/ ./\n\nFROM'],
  ],
  [
    'a single file in a folder that is no longer the current one',
    { runtime: 'python', own: [workdir('/app/etc'), copy('a.ini .'), workdir('/app')] },
    ['COPY a.ini ./etc/\n'],
  ],
])('copies sources by the names that the image gave them: %s', (_, sketch, parts) => {
  for (const part of parts) expect(dockerfile(sketch)).toContain(part);
});

test.each<[string, readonly LayerSketch[], readonly string[]]>([
  [
    'a client beside the server',
    [
      workdir('/app'),
      copy('client/package*.json ./client/'),
      run('cd client && npm ci'),
      copy('server/package.json server/package-lock.json ./server/'),
      run('npm ci --prefix server'),
      copy('client ./client'),
      run('cd client && npm run build'),
      copy('server ./server'),
    ],
    [
      'WORKDIR /app\nCOPY client/package.json client/package-lock.json ./client/\nCOPY server/package.json server/package-lock.json ./server/\nRUN',
      ' (cd client && npm ci) && (cd server && npm ci)\nCOPY client ./client\nCOPY server ./server\n',
      'RUN cd client && npm run build --if-present\nRUN',
      ' (cd client && npm prune --omit=dev) && (cd server && npm prune --omit=dev)\n',
    ],
  ],
  [
    'a client below the server',
    [workdir('/app'), copy('. .'), run('npm i && npm i --prefix client && npm run build --prefix client')],
    [
      'COPY package.json package-lock.json ./\nCOPY client/package.json client/package-lock.json ./client/\n',
      ' (npm ci) && (cd client && npm ci)\nCOPY . .\nRUN npm run build --prefix client\n',
    ],
  ],
  [
    'packages in subshells',
    [workdir('/app'), copy('. .'), run('(cd client && npm ci) && (V=$(cat v) && cd api && npm ci) && npm run build')],
    [' (cd client && npm ci) && (cd api && npm ci)\nCOPY . .\nRUN npm run build --if-present\n'],
  ],
  [
    'scripts in the order in which they ran',
    [workdir('/app'), copy('. .'), run('npm ci && npm run build:css && npm run build && npm run build:css')],
    ['RUN npm run build:css --if-present\nRUN npm run build --if-present\nRUN --mount'],
  ],
  [
    'all packages of a workspace',
    [workdir('/app'), copy('. .'), run('pnpm install && pnpm -r build')],
    ['COPY . .\nRUN --mount', ' pnpm install --frozen-lockfile\nRUN pnpm -r build\n'],
  ],
  [
    'a script of one package of a workspace',
    [workdir('/app'), copy('. .'), run('npm ci && cd packages/api && npm run build')],
    ['COPY . .\nRUN --mount', ' npm ci\n', 'RUN cd packages/api && npm run build --if-present\n'],
  ],
])('Node.js installs and builds %s', (_, own, parts) => {
  const text = dockerfile({ runtime: 'node', own, config: { WorkingDir: '/app' } });
  for (const part of parts) expect(text).toContain(part);
});

test('Node.js builds a client beside the server whose folder is the last WORKDIR', () => {
  const own = [
    workdir('/app'),
    copy('client/package*.json ./client/'),
    run('npm install --prefix client'),
    copy('server/package*.json ./server/'),
    run('npm install --prefix server'),
    copy('client ./client'),
    copy('server ./server'),
    run('npm run build --prefix client'),
    workdir('server'),
  ];
  const text = dockerfile({ runtime: 'node', own, config: { WorkingDir: '/app/server', Cmd: ['node', 'index.js'] } });
  expect(text).toContain('WORKDIR /app\nCOPY client/package.json client/package-lock.json ./client/\n');
  expect(text).toContain('COPY client ./client\nCOPY server ./server\nRUN npm run build --prefix client\n');
  expect(text).toContain('WORKDIR /app/server\nCOPY --from=build /app /app\n');
});

test.each<[string, readonly LayerSketch[], readonly string[]]>([
  [
    'from a list in the folder of the last WORKDIR',
    [copy('. /app'), workdir('/app/api'), run('pip install -r requirements.txt')],
    ['WORKDIR /app\nCOPY api/*.txt api/\nRUN', ' pip install -r api/requirements.txt\nCOPY . .\n'],
  ],
  [
    'from a list in a folder that cd names',
    [copy('. /app'), run('cd /app/api && pip install -r requirements.txt -c limits.txt .')],
    [' pip install -c api/limits.txt -r api/requirements.txt\nCOPY . .\n', ' pip install -c api/limits.txt "./api"\n'],
  ],
  [
    'from lists that a wildcard names, since one may include another',
    [workdir('/app/api'), copy('requirements*.txt ./'), run('pip install -r requirements.txt'), copy('src src')],
    ['COPY requirements*.txt ./\nRUN', ' pip install -r requirements.txt\nCOPY src ./src\n'],
  ],
  [
    'from lists that were copied together',
    [copy('base.txt requirements.txt requirements-dev.txt /tmp/'), run('pip install -r /tmp/requirements.txt')],
    ['COPY requirements.txt base.txt ./\nRUN', ' pip install -r requirements.txt\nCOPY . .\n'],
  ],
  [
    'by Poetry in the folder of the last WORKDIR',
    [copy('. /app'), workdir('/app/api'), run('poetry install')],
    ['COPY api/pyproject.toml api/poetry.lock ./api/\nRUN', ' cd api && /opt/poetry/bin/poetry install --only main'],
  ],
])('Python installs %s', (_, own, parts) => {
  const text = dockerfile({ runtime: 'python', own, config: { WorkingDir: '/app/api' } });
  for (const part of parts) expect(text).toContain(part);
});

test.each<[string, readonly LayerSketch[], readonly string[]]>([
  [
    'one module of several that Maven builds',
    [copy('pom.xml ./'), copy('api/pom.xml api/'), copy('core/pom.xml core/'), run('mvn package -pl api -am')],
    [
      'AS build\nWORKDIR /src\nCOPY . .\n# The shade',
      'mvn -B package -DskipTests -pl api -am && \\\n    rm -f api/target/original-*.jar && cp api/target/*.jar /app.jar\n',
    ],
  ],
  [
    'several modules of which none is named',
    [copy('pom.xml ./'), copy('api/pom.xml api/'), run('mvn package')],
    ['COPY . .\n# The project has several modules: name the one that is started, and copy its jar.\n'],
  ],
  [
    'a jar that a pipeline built with Gradle',
    [copy('build/libs/*.jar app.jar')],
    ['FROM gradle:jdk25', 'COPY src src\n', 'cp build/libs/*.jar /app.jar\n'],
  ],
  [
    'a jar that an earlier stage built with Gradle',
    [copy('/home/gradle/src/build/libs/*.jar app.jar')],
    ['FROM gradle:jdk25', 'COPY src src\n', 'cp build/libs/*.jar /app.jar\n'],
  ],
  [
    'a jar of a module that a pipeline built',
    [copy('services/web/build/libs/web-1.0.jar /app.jar')],
    [
      'COPY . .\n# If services/web is a project of its own, build it in its folder instead.\n',
      'gradle --no-daemon :services:web:assemble && \\\n',
      'cp services/web/build/libs/*.jar /app.jar\n',
    ],
  ],
  [
    'a project beside others',
    [
      copy('server/.mvn .mvn'),
      copy('server/mvnw server/pom.xml ./'),
      run('./mvnw dependency:go-offline'),
      copy('server/src ./src'),
      run('./mvnw package'),
    ],
    ['COPY server/.mvn .mvn\nCOPY server/mvnw server/pom.xml ./\nRUN', 'COPY server/src src\n'],
  ],
  [
    'the module whose task Gradle runs',
    [copy('. .'), run('./gradlew :web:bootJar -x test')],
    ['COPY . .\n# Spring', './gradlew --no-daemon :web:assemble && \\\n    rm -f web/build/libs/*-plain.jar'],
  ],
])('Java is built from %s', (_, own, parts) => {
  const text = dockerfile({ runtime: 'java', own });
  for (const part of parts) expect(text).toContain(part);
});

test.each<[string, readonly LayerSketch[], readonly string[]]>([
  [
    'a folder below its module, which is a folder of the context',
    [workdir('/src'), copy('backend/ .'), workdir('/src/services/api'), run('go build -o /bin/api .')],
    ['WORKDIR /src\nCOPY backend/ ./\nRUN', '    cd services/api && CGO_ENABLED=0 go build', '-o /out/api .\n'],
  ],
  [
    'a module beside others',
    [workdir('/app'), copy('server/go.mod server/go.sum ./'), copy('server/ ./'), run('go build -o api .')],
    ['COPY server/go.mod server/go.su[m] ./\nRUN', 'download\nCOPY server/ ./\nRUN', '-o /out/api .\n'],
  ],
  [
    'the folder that cd leads to',
    [workdir('/src'), copy('. .'), run('cd cmd/server && go build -o /bin/api')],
    ['WORKDIR /src\nCOPY . .\nRUN', '    cd cmd/server && CGO_ENABLED=0 go build', '-o /out/api .\n'],
  ],
  [
    'packages below the folder that WORKDIR leads to',
    [copy('. /go/src/example'), workdir('/go/src/example/cmd/api'), run('go install ./...')],
    ['COPY . .\nRUN', '    cd cmd/api && CGO_ENABLED=0 go build', '-o /out/ ./...\n'],
  ],
  [
    'a folder that only a digest names',
    [{ instruction: '/bin/sh -c #(nop) COPY dir:1b2c in /src ' }, workdir('/src/cmd/api'), run('go build -o /bin/api')],
    ['COPY . .\nRUN', '    cd cmd/api && CGO_ENABLED=0 go build', '-o /out/api .\n'],
  ],
  [
    'a folder below that of a named go.mod',
    [workdir('/src'), copy('go.mod ./'), copy('. .'), run('cd cmd/api && go build -o /bin/api')],
    [
      'COPY go.mod go.su[m] ./\nRUN',
      'download\nCOPY . .\nRUN',
      '    cd cmd/api && CGO_ENABLED=0 go',
      '-o /out/api .\n',
    ],
  ],
])('Go builds in %s', (_, own, parts) => {
  const text = dockerfile({ runtime: 'go', own, config: { Cmd: ['/bin/api'], WorkingDir: '/app' } });
  for (const part of parts) expect(text).toContain(part);
});

test.each<[string, ImageSketch, string]>([
  [
    'package.json',
    { runtime: 'node', own: [copy('/repo/api/package.json ./'), copy('/repo/api/dist ./dist')] },
    'COPY package.json package-lock.json ./\n',
  ],
  [
    'requirements.txt',
    { runtime: 'python', own: [copy('/tmp/requirements.txt /app/'), run('pip install -r requirements.txt')] },
    '# The image has requirements.txt from another stage: if Poetry or uv exports it there, do so before this COPY.\nCOPY requirements.txt ./\n',
  ],
])('does not look in the context for the folder that %s has in another stage', (_, sketch, line) => {
  expect(dockerfile(sketch)).toContain(line);
});

test.each<[string, readonly LayerSketch[]]>([
  ['of another stage', [copy('package.json ./'), copy('/build/dist ./dist')]],
  ['that a pipeline built', [copy('package.json ./'), copy('dist ./dist')]],
  ['in a folder that a variable names', [copy('package.json ./'), copy('src ./$PART/')]],
  ['that only a digest names', [{ instruction: '/bin/sh -c #(nop) COPY dir:1b2c in /app/src ' }]],
])('copies the whole context in place of files %s', (_, own) => {
  expect(dockerfile({ runtime: 'node', own })).toContain('COPY . .\nRUN npm run build --if-present\n');
});

test.each<[string, readonly LayerSketch[], string]>([
  ['named sources', [copy('src ./src/'), add('data.tar.xz ./data')], 'COPY src ./src/\nADD data.tar.xz ./data\n'],
  ['the whole context', [copy('. .'), add('data.tar.xz ./data')], 'COPY . .\nADD data.tar.xz ./data\n'],
  [
    'installing, which reads them',
    [copy('package.json ./'), add('local.tgz ./packages'), run('npm ci')],
    'package-lock.json ./\nADD local.tgz ./packages\nRUN',
  ],
])('unpacks archives as the image did: with %s', (_, own, lines) => {
  expect(dockerfile({ runtime: 'node', own })).toContain(lines);
});

test('a program of dependencies that builds nothing is not how the image was built', () => {
  const own = [copy('. .'), run('npx next telemetry disable')];
  expect(dockerfile({ runtime: 'node', own })).toContain('COPY . .\nRUN npm run build --if-present\n');
});

test('matches each of the files that an image copied against few patterns, however many there are', () => {
  const exec = vi.spyOn(RegExp.prototype, 'exec');
  onTestFinished(() => exec.mockRestore());
  const matchesPerFile = (layers: number): number => {
    exec.mockClear();
    const own = Array.from({ length: layers }, (_, index) => copy(`${'a/b '.repeat(10)}./folder-${index}/`));
    dockerfile({ runtime: 'node', own: [...own, run('npm ci')] });
    return exec.mock.calls.length / (layers * 10);
  };
  expect(matchesPerFile(10)).toBeLessThan(100);
  expect(matchesPerFile(30)).toBeLessThanOrEqual(matchesPerFile(10));
});
