import { expect, test } from 'vitest';
import { sourceOf } from '../../../src/advise/dockerfile/copies.ts';
import { generateDockerfile } from '../../../src/advise/dockerfile/generate.ts';
import type { BaseTechniqueId } from '../../../src/advise/technique.ts';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import type { Runtime } from '../../../src/classify/verdict.ts';
import { auditedImage, type ImageSketch, type LayerSketch } from '../../support/audited-image.ts';
import { copy, dockerfile, instructionsOf, run, TODAY } from '../../support/dockerfiles.ts';
import { listedImage } from '../../support/listed-image.ts';
import { TRIXIE_SLIM } from '../../support/official-histories.ts';

test.each<[string, ImageSketch, string]>([
  [
    'Rails',
    { runtime: 'ruby', framework: 'rails', config: { WorkingDir: '/rails' } },
    'COPY --from=build --chown=10001 /rails /rails\nWORKDIR /rails\nUSER 10001\n',
  ],
  [
    'a Node.js program that was given its files',
    { runtime: 'node', own: [copy('--chown=node:node . .')] },
    'COPY --from=build --chown=node:node /app /app\nWORKDIR /app\n',
  ],
  [
    'a Node.js program for which folders were made',
    {
      runtime: 'node',
      own: [copy('. .'), run('npm ci'), run('mkdir -p -m 750 uploads && cd /app && mkdir -p tmp/cache /app dist')],
    },
    'RUN mkdir -p /app/uploads /app/tmp/cache\n\nFROM node:24-trixie-slim\nENV NODE_ENV=production\nCOPY --from=build --chown=node:node /app /app\n',
  ],
  [
    'a Python program whose files all may write',
    { runtime: 'python', own: [copy('. .'), run('chmod -R 777 .')] },
    'COPY --from=build --chown=10001 /app /app\nWORKDIR /app\nUSER 10001\n',
  ],
  [
    'no Node.js program whose folders COPY and npm fill',
    { runtime: 'node', own: [run('mkdir -p node_modules src'), copy('src ./src'), run('chmod +x src/start.sh')] },
    'WORKDIR /app\nCOPY --from=build /app ./\n',
  ],
  [
    'a Node.js program that was given none',
    { runtime: 'node', own: [copy('. .')] },
    'WORKDIR /app\nCOPY --from=build /app ./\n',
  ],
  [
    'Laravel',
    { runtime: 'php', framework: 'laravel' },
    'install -d -o www-data -g www-data storage storage/logs bootstrap/cache\n',
  ],
])('a program that writes to its folder owns it: %s', (_, sketch, lines) => {
  expect(dockerfile(sketch)).toContain(lines);
});

test.each<[string, readonly LayerSketch[], readonly string[]]>([
  [
    'lists from where they were copied',
    [copy('./requirements /reqs'), run('pip install -r /reqs/production.txt')],
    ['COPY requirements requirements\nRUN', 'pip install -r requirements/production.txt\n'],
  ],
  [
    'a list in a folder of the sources',
    [copy('docker/requirements.txt ./'), run('pip install -r requirements.txt')],
    ['COPY docker docker\nRUN', 'pip install -r docker/requirements.txt\n'],
  ],
  [
    'versions that constraints name',
    [
      copy('requirements.txt constraints.txt ./'),
      run('pip install -c constraints.txt -r requirements.txt --constraint "https://example.com/constraints-3.12.txt"'),
      copy('app app'),
    ],
    [
      'COPY requirements.txt constraints.txt ./\nRUN',
      'pip install --constraint https://example.com/constraints-3.12.txt -c constraints.txt -r requirements.txt\nCOPY app ./app\n',
    ],
  ],
  [
    'a project by constraints from elsewhere',
    [copy('deploy/c.txt /tmp/'), copy('. .'), run('pip install -c/tmp/c.txt .')],
    ['COPY . .\nRUN', 'pip install -c deploy/c.txt "."\n'],
  ],
  [
    'versions in quotes',
    [run('pip install "fastapi >= 0.100, < 1" "uvicorn"')],
    ['install "fastapi>=0.100,<1" uvicorn\n'],
  ],
  [
    'a repository',
    [run('pip install "tool @ git+https://example.com/tool.git@v1" flask')],
    ['build-essential git ', 'install "tool@git+https://example.com/tool.git@v1" flask\n'],
  ],
  [
    'wheels of the context, which the last stage does not need',
    [
      copy('wheels/ /wheels/'),
      copy('requirements.txt ./'),
      run('pip install --no-index --find-links=/wheels -r requirements.txt'),
    ],
    [
      '--mount=type=bind,source=wheels,target=/wheels pip install --no-index --find-links /wheels -r requirements.txt\n',
      'USER 10001\nCMD',
    ],
  ],
  [
    'wheels of a context of which only the digest is known',
    [copy(`dir:${'0'.repeat(64)} in .`), run('pip install --no-index --find-links=wheels -r requirements.txt')],
    ['--mount=type=bind,source=wheels,target=/app/wheels pip install --no-index --find-links /app/wheels -r'],
  ],
  [
    'what wheels of another stage were made of',
    [
      copy('/wheels /wheels'),
      copy('requirements.txt ./'),
      run('pip install --no-index -f /wheels -r requirements.txt'),
    ],
    ['/root/.cache pip install -r requirements.txt\n'],
  ],
  [
    'what such wheels were made of, also if a copy of the context could have brought them',
    [
      copy('requirements.txt ./'),
      copy('rootfs/ /'),
      copy('/wheels /wheels'),
      run('pip install --no-index -f /wheels -r requirements.txt'),
    ],
    ['/root/.cache pip install -r requirements.txt\n'],
  ],
  [
    'what a step made wheels of',
    [
      copy('. .'),
      run('pip wheel -w wheels -r requirements.txt && pip install --no-index -f wheels -r requirements.txt'),
    ],
    ['/root/.cache pip install -r requirements.txt\n'],
  ],
  ['a project beside it', [run('pip install flask ./vendor/tool')], ['COPY . .\nRUN', 'pip install ./vendor/tool\n']],
  [
    'what Django collects its files with',
    [
      run('SECRET_KEY=dummy DJANGO_SETTINGS_MODULE="config.prod" python manage.py collectstatic --settings=a.b'),
      run('API_TOKEN=4f8e1c9a7b2d python manage.py compilemessages'),
    ],
    [
      'RUN SECRET_KEY=dummy DJANGO_SETTINGS_MODULE=config.prod /opt/venv/bin/python manage.py collectstatic --noinput --settings=a.b\n',
      'RUN /opt/venv/bin/python manage.py compilemessages\n',
    ],
  ],
  [
    'by the headers that its step removes again',
    [
      run(
        'apt-get update && apt-get install -y gcc libpq-dev libpq5 && pip install psycopg2 && apt-get purge -y gcc libpq-dev',
      ),
    ],
    [
      'recommends build-essential libpq-dev &&',
      'slim-trixie\nRUN apt-get update && apt-get install -y --no-install-recommends libpq5 &&',
    ],
  ],
  [
    'what compiles the messages of Django',
    [run('apt-get update && apt-get install -y gcc gettext libpq-dev'), run('python manage.py compilemessages')],
    ['recommends build-essential gettext libpq-dev &&', 'recommends gettext &&'],
  ],
  [
    'the extras and groups of uv',
    [run('uv sync --frozen --extra web --extra=dev --group prod')],
    [
      'uv sync --locked --no-dev --extra web --group prod --no-install-project\n',
      'uv sync --locked --no-dev --extra web --group prod --no-editable\n',
    ],
  ],
  [
    'the packages of a workspace of uv, whose lists are there only with the sources',
    [run('uv sync --frozen --all-packages')],
    [
      'uv sync --frozen --no-dev --all-packages --no-install-workspace\nCOPY . .\n',
      'uv sync --locked --no-dev --all-packages --no-editable\n',
    ],
  ],
  [
    'the program as a package, with extras, by Poetry in its own version',
    [
      run('pip install "poetry==1.8.3"'),
      copy('pyproject.toml poetry.lock README.md ./'),
      run('poetry install --no-root --with prod,dev -E "web mail"'),
      copy('src ./src'),
      run('poetry install --only main'),
    ],
    [
      'pip install poetry==1.8.3 &&',
      'poetry install --only main,prod -E web -E mail --no-root --no-interaction\nCOPY README.md ./\nCOPY src ./src\n',
      'poetry install --only main,prod -E web -E mail --no-interaction\n\nFROM',
    ],
  ],
  [
    'no program as a package that Poetry did not install',
    [copy('pyproject.toml poetry.lock ./'), run('poetry install --no-dev'), copy('. .')],
    ['--no-root --no-interaction\nCOPY . .\n\nFROM'],
  ],
])('Python installs %s', (_, own, parts) => {
  const text = dockerfile({ runtime: 'python', runtimeVersion: '3.12.1', own });
  for (const part of parts) expect(text).toContain(part);
});

test('headers with one name in Debian and Alpine are installed on either', () => {
  const own = [run('apt-get update && apt-get install -y gcc libpq-dev libjpeg-dev && pip install psycopg2 pillow')];
  const text = dockerfile({ runtime: 'python', runtimeVersion: '3.12.1', own }, 'alpine-base');
  expect(text).toContain("# The image's own build had these packages, which may have other names here: libjpeg-dev\n");
  expect(text).toContain('RUN apk add --no-cache build-base libpq-dev\n');
});

test.each<[string, readonly LayerSketch[], string, string[]?]>([
  [
    'what installing reads',
    [
      copy('package.json yarn.lock .npmrc ./'),
      copy('prisma ./prisma'),
      copy('entrypoint.sh /usr/local/bin/'),
      copy('--from=other /x ./x'),
      run('corepack enable && yarn install'),
      copy('late ./late'),
      run('npx prisma generate'),
    ],
    'COPY package.json yarn.lock ./\nCOPY prisma ./prisma\nRUN --mount',
  ],
  [
    'the client of Prisma',
    [run('npm ci'), run('npx prisma generate')],
    'COPY . .\nRUN npx prisma generate\nRUN npm run',
  ],
  [
    'nothing that its .dockerignore leaves out',
    [copy('dist/ ./tests notes.md ./dist/ a.log schema ./'), copy('app/node_modules x.test.js ./app/'), run('npm ci')],
    'package-lock.json ./\nCOPY schema ./\nRUN --mount',
  ],
  [
    'what the steps of other builders copied',
    [copy('["pnpm-lock.yaml", "patches/", "./"]'), { instruction: 'RUN pnpm install' }],
    'COPY package.json pnpm-lock.yaml pnpm-workspace.yam[l] ./\nCOPY patches/ ./\nRUN',
  ],
  [
    'npm, though yarn was asked for its version',
    [run('node -v && yarn -v'), copy('package*.json ./'), copy('. .')],
    'COPY package.json package-lock.json ./\n',
  ],
  [
    'patches that are copied after yarn was asked for its version',
    [run('node -v && yarn -v'), copy('yarn.lock ./'), copy('patches patches'), run('yarn --frozen-lockfile')],
    'COPY package.json yarn.lock ./\nCOPY patches ./patches\nRUN',
  ],
  [
    'a lock file, which its own build did without',
    [copy('package.json ./'), run('npm install'), copy('. .')],
    '# The image was built without package-lock.json: if there is none, create it by installing once, and commit it.\nCOPY package.json package-lock.json ./\n',
  ],
  [
    'no remark on the lock file of a stage that it does not show',
    [copy('--from=build /app/package.json ./'), copy('--from=build /app/dist ./dist')],
    'WORKDIR /app\nCOPY package.json package-lock.json ./\n',
  ],
  [
    'all of a repository whose packages were installed from it',
    [copy('. .'), run('yarn install --frozen-lockfile && yarn workspace @acme/api build')],
    'WORKDIR /app\n# Before installing, copy the lists of all packages instead, so that a change of sources installs nothing.\nCOPY . .\nRUN',
  ],
  [
    'all of a repository of which only digests are known',
    [
      { instruction: '/bin/sh -c #(nop) WORKDIR /app' },
      { instruction: '/bin/sh -c #(nop) COPY file:1b2c in ./ ' },
      { instruction: '/bin/sh -c #(nop) COPY dir:1b2c in apps ' },
      run('npm ci && npm run build -w @acme/api'),
    ],
    'WORKDIR /app\n# Before installing, copy the lists of all packages instead, so that a change of sources installs nothing.\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci\n',
  ],
  [
    'all of a project whose yarn may be among its sources',
    [copy('. .'), run('yarn install --immutable')],
    'WORKDIR /app\n# Before installing, copy the lists of all packages instead, so that a change of sources installs nothing.\nCOPY . .\nRUN',
  ],
  [
    "its package manager's own version, by npm, as its own build",
    [run('npm install -g pnpm@9.1'), copy('package.json pnpm-lock.yaml ./'), run('pnpm install')],
    'RUN npm install -g pnpm@9.1\nWORKDIR /app\n',
  ],
  [
    "yarn's cache beside the sources, if the program is started by Plug'n'Play",
    [copy('package.json yarn.lock .yarnrc.yml ./'), run('yarn install --immutable'), copy('.pnp.cjs dist ./')],
    "yarn's cache: it goes into the image with the program.\nENV YARN_ENABLE_GLOBAL_CACHE=false\nWORKDIR /app\n",
    ['node', '-r', './.pnp.cjs', 'dist/server.js'],
  ],
  [
    'the version that Corepack prepared',
    [run('corepack enable && corepack prepare yarn@4.1.0 --activate'), run('yarn install --immutable')],
    'RUN corepack enable && corepack prepare yarn@4.1.0 --activate\n',
  ],
  [
    'nothing of the context as a whole, but a note on what installing may have read of it',
    [copy('. .'), run('npm ci')],
    'WORKDIR /app\n# If installing reads more, such as lists of other packages or patches, copy that here, too.\nCOPY package.json package-lock.json ./\nRUN --mount',
  ],
])('Node.js is built with %s', (_, own, lines, Cmd = []) => {
  expect(dockerfile({ runtime: 'node', own, config: { Cmd } })).toContain(lines);
});

test.each([[['npm', 'start', '--workspace', '@acme/api']], [['/bin/sh', '-c', 'pnpm --filter api start']]])(
  'Node.js installs all packages of a repository of which one starts: %j',
  (Cmd) => {
    const text = dockerfile({
      runtime: 'node',
      config: { Cmd },
      own: [copy('. .'), run('npm ci'), run('npm run build')],
    });
    expect(text).toContain('installs nothing.\nCOPY . .\nRUN --mount');
  },
);

test('what builds the assets of Rails finds the packages of the image', () => {
  const own = [run('apt-get update && apt-get install -y build-essential nodejs imagemagick'), run('bundle install')];
  const text = dockerfile({ runtime: 'ruby', framework: 'Rails', own });
  expect(text).toContain('build-essential libyaml-dev pkg-config nodejs imagemagick &&');
});

test('the variables of Next.js give way to those of the image', () => {
  const config = { Env: ['HOSTNAME=::'] };
  const text = dockerfile({ runtime: 'node', framework: 'Next.js', config, steps: ['ENV HOSTNAME=::'] });
  expect(instructionsOf(text).filter((line) => line.startsWith('ENV '))).toEqual([
    'ENV NODE_ENV=production',
    'ENV HOSTNAME=::',
    'ENV NEXT_TELEMETRY_DISABLED=1',
  ]);
});

test('Prisma finds the same OpenSSL where it generates its client and where that runs', () => {
  const own = [run('apt-get update && apt-get install -y openssl ffmpeg'), run('npx prisma generate')];
  const text = dockerfile({ runtime: 'node', own });
  const installs = instructionsOf(text).filter((line) => line.includes('apt-get install'));
  expect(installs.map((line) => /recommends (.*?) &&/.exec(line)?.[1])).toEqual(['openssl', 'ffmpeg openssl']);
});

test('Maven leaves one jar', () => {
  expect(dockerfile({ runtime: 'java' })).toContain('rm -f target/original-*.jar && cp target/*.jar /app.jar\n');
});

test('a folder named docs may be a package, and is not ignored', () => {
  const files = generateDockerfile(auditedImage({ runtime: 'go' }), 'slim-base', TODAY);
  expect(files.dockerignore?.split('\n')).not.toContain('docs');
});

test.each([
  ['/reqs/base.txt', ['requirements/'], '/reqs', 'requirements/base.txt'],
  ['requirements.txt', ['.'], '/app', 'requirements.txt'],
  ['/tmp/list.txt', ['deploy/list.txt'], '/tmp', 'deploy/list.txt'],
  ['/tmp/list.txt', ['deploy/web.txt'], '/tmp/list.txt', 'deploy/web.txt'],
  ['/app/list.txt', ['../x'], '/app', undefined],
  ['/app/list.txt', ['list*.txt'], '/app', undefined],
  ['/srv/list.txt', ['.'], '/app', undefined],
  ['/list.txt', ['/'], '/', 'list.txt'],
])('%s after COPY %j %s is %s in the context', (path, sources, into, source) => {
  const made = { sources, target: into, into, isContext: false, unpacks: false, layer: 0, commandsBefore: 0 };
  expect(sourceOf(path, [made], '/app')).toBe(source);
});

test.each<[string, ImageSketch, readonly string[], BaseTechniqueId?]>([
  [
    'the features and the binary of a Rust program',
    { runtime: 'rust', own: [run('cargo build --release -p api --no-default-features --features postgres,sqlite')] },
    ['cargo build --release --locked --no-default-features -p api --features postgres,sqlite && install'],
    'scratch-base',
  ],
  [
    'the features with which cargo runs it',
    { runtime: 'rust', config: { Cmd: ['cargo', 'run', '--features', 'tls', '--bin', 'web'] } },
    ['--locked --bin web --features tls && install -Ds target/release/web'],
    'scratch-base',
  ],
  [
    'features in quotes, of the build that names the program',
    {
      runtime: 'rust',
      own: [
        run('cargo build --features "tls metrics" --bin api && cargo build --bin worker'),
        run('cargo install sqlx-cli --no-default-features --features postgres'),
      ],
      config: { Cmd: ['./target/release/api'] },
    },
    ['cargo build --release --locked --bin api --features tls,metrics && install'],
    'scratch-base',
  ],
  [
    "tools of Debian by Alpine's names, and a note on others",
    { runtime: 'rust', own: [run('apt-get install -y protobuf-compiler cmake libpcap-dev nasm && cargo build')] },
    [
      "# The image's own build had these packages, which may have other names here: libpcap-dev nasm\n",
      'RUN apk add --no-cache musl-dev protobuf-dev cmake make g++\n',
    ],
    'alpine-base',
  ],
  [
    'git for private modules',
    { runtime: 'go', own: [run('apk add --no-cache git && go build -o /app .')] },
    ['AS build\nRUN apk add --no-cache git\nWORKDIR /src\n'],
    'scratch-base',
  ],
  [
    'no download of modules that lie in vendor',
    { runtime: 'go', own: [copy('go.mod go.sum ./'), copy('vendor/ vendor/'), copy('. .'), run('go build -o /app .')] },
    ['WORKDIR /src\nCOPY . .\nRUN', ' go build -mod=vendor -trimpath'],
    'scratch-base',
  ],
  [
    'no download of modules that its own build took from vendor',
    { runtime: 'go', own: [copy('. .'), run('go build -mod vendor -o /app .')] },
    ['WORKDIR /src\nCOPY . .\nRUN', ' go build -mod=vendor -trimpath'],
    'scratch-base',
  ],
  [
    'Node.js for the pages of Rails',
    { runtime: 'ruby', framework: 'rails', own: [run('apt-get install -y nodejs libpq-dev && yarn install')] },
    [
      'AS build\nRUN apk add --no-cache build-base yaml-dev nodejs npm libpq-dev\n',
      'COPY . .\nRUN npm install -g yarn && yarn install --frozen-lockfile\nRUN if [ -d app/assets ]',
      'fi\nRUN rm -rf node_modules\n',
    ],
    'alpine-base',
  ],
  [
    'the project of a .NET solution',
    { runtime: 'dotnet', runtimeVersion: '8.0.20', own: [run('dotnet publish src/Web/Web.csproj -o /app')] },
    [
      '# The image had .NET 8: set TargetFramework to net10.0',
      'COPY . .\nRUN',
      '-o /out src/Web/Web.csproj\n',
      'icu-libs',
    ],
    'alpine-base',
  ],
  [
    'a .NET project that is published in its folder',
    {
      runtime: 'dotnet',
      own: [copy('Web/Web.csproj Web/'), copy('. .'), run('dotnet publish "./Web.csproj" -o /app')],
    },
    ['-o /out Web/Web.csproj\n'],
  ],
  [
    'a .NET project that is named by its folder',
    { runtime: 'dotnet', own: [copy('. .'), run('dotnet publish ./src/Shop.Api -c Release -o /app')] },
    ['COPY . .\n', '-o /out src/Shop.Api\n', 'ENTRYPOINT ["dotnet", "Shop.Api.dll"]'],
  ],
  [
    'an agent and settings beside the jar of Java',
    {
      runtime: 'java',
      own: [
        copy('target/app.jar /app/app.jar'),
        copy('apm/apm.jar /app/apm/apm.jar'),
        copy('config/ /app/config/'),
        copy('--from=build /app/target/lib /app/lib'),
      ],
      config: { Entrypoint: ['java', '-javaagent:/app/apm/apm.jar', '-jar', '/app/app.jar'], WorkingDir: '/app' },
    },
    [
      'USER 10001\nCOPY apm/apm.jar /app/apm/apm.jar\nCOPY config/ /app/config/\nENTRYPOINT ["java", "-javaagent:/app/apm/apm.jar", "-jar"',
    ],
  ],
  [
    'no sources beside the jar of Java',
    {
      runtime: 'java',
      own: [copy('pom.xml .'), copy('src ./src'), run('mvn package')],
      config: { WorkingDir: '/app' },
    },
    ['COPY --from=build /app.jar app.jar\nUSER 10001\nENTRYPOINT'],
  ],
  [
    'the jar that the image takes of several',
    { runtime: 'java', own: [copy('--from=build /src/build/libs/*-all.jar app.jar')] },
    ['cp build/libs/*-all.jar /app.jar\n'],
  ],
  [
    'the jar of the module that the image built',
    {
      runtime: 'java',
      own: [run('mvn -pl worker -am package')],
      config: { Cmd: ['java', '-jar', 'api/target/api.jar'] },
    },
    ['cp worker/target/*.jar /app.jar\n'],
  ],
  [
    'no sources beside the jar of Java that Maven starts',
    { runtime: 'java', own: [copy('pom.xml ./'), copy('src src')], config: { Cmd: ['mvn', 'spring-boot:run'] } },
    ['COPY --from=build /app.jar app.jar\nUSER 10001\nENTRYPOINT'],
  ],
  [
    'no parts of a jar beside the jar of Java',
    {
      runtime: 'java',
      own: ['dependencies/', 'spring-boot-loader/', 'application/'].map((layer) => copy(`${layer} ./`)),
      config: { WorkingDir: '/app', Cmd: ['java', '-jar', 'application.jar'] },
    },
    ['COPY --from=build /app.jar app.jar\nUSER 10001\nENTRYPOINT'],
  ],
  [
    "no layers of Micronaut's plugin beside the jar of Java",
    {
      runtime: 'java',
      own: [copy('layers/libs /home/app/libs'), copy('layers/resources /home/app/resources')],
      config: { WorkingDir: '/home/app', Cmd: ['java', '-jar', '/home/app/application.jar'] },
    },
    ['COPY --from=build /app.jar app.jar\nUSER 10001\nENTRYPOINT'],
  ],
  [
    'the project whose program a .NET image starts',
    {
      runtime: 'dotnet',
      own: [copy('. .'), run('dotnet publish Shop.sln -c Release -o /app')],
      config: { Entrypoint: ['dotnet', 'Shop.Api.dll'] },
    },
    ['COPY . .\n#', `-o /out "$(find . -name 'Shop.Api.??proj')"\n`, 'ENTRYPOINT ["dotnet", "Shop.Api.dll"]'],
    'distroless-base',
  ],
  [
    'the project in the folder where a .NET image starts',
    {
      runtime: 'dotnet',
      own: [copy('src/Shop/Shop.csproj src/Shop/'), copy('src/Api/Api.csproj src/Api/'), copy('. .')],
      config: { WorkingDir: '/src/src/Api', Cmd: ['dotnet', 'run', '--no-build'] },
      settings: ['WORKDIR /src'],
    },
    ['-o /out src/Api/Api.csproj\n', 'ENTRYPOINT ["dotnet", "Api.dll"]'],
    'distroless-base',
  ],
  [
    'the only project at the top of a .NET build',
    {
      runtime: 'dotnet',
      own: [copy('*.csproj ./'), run('dotnet restore'), copy('. .')],
      config: { Entrypoint: ['dotnet', 'watch', 'run'] },
    },
    ['write that name instead of App.\nCOPY *.csproj ./\n', 'ENTRYPOINT ["dotnet", "App.dll"]'],
    'distroless-base',
  ],
  [
    "Maven's profiles, properties and settings",
    {
      runtime: 'java',
      config: { WorkingDir: '/src' },
      own: [
        copy('pom.xml ci/settings.xml ./'),
        run('mvn install:install-file -Dfile=driver.jar -DgroupId=com.example'),
        run('mvn -s settings.xml -Pprod -P cloud -Drevision=1.2 -DskipTests -Dsonar.token=4f8e1c9a7b2d package'),
      ],
    },
    [
      'by --secret id=settings.xml,src=ci/settings.xml\n',
      'target=/root/.m2/settings.xml mvn -B -Pprod -Drevision=1.2 -Pcloud dependency:go-offline\n',
      'mvn -B -Pprod -Drevision=1.2 -Pcloud package -DskipTests &&',
    ],
  ],
  [
    "Maven's settings of the whole computer",
    { runtime: 'java', own: [copy('settings.xml /usr/share/maven/conf/'), run('mvn package')] },
    ['id=settings.xml,target=/root/.m2/settings.xml mvn -B'],
  ],
  [
    "Gradle's properties",
    { runtime: 'java', own: [copy('. .'), run('gradle -Penv=prod -Dorg.gradle.jvmargs=-Xmx2g bootJar')] },
    ['gradle --no-daemon -Penv=prod assemble &&'],
  ],
  [
    'the headers of OpenSSL, which the full image of Rust has',
    { runtime: 'rust', variant: 'full' },
    ['apk add --no-cache musl-dev pkgconf openssl-dev openssl-libs-static\n'],
  ],
  [
    'a remark on cgo, which the full image of Go has',
    { runtime: 'go', variant: 'full' },
    ['# Without cgo. If a package needs it, as go-sqlite3 does, set CGO_ENABLED=1, build on golang:1.27-trixie'],
  ],
  [
    'cgo for a library that the last stage installs',
    { runtime: 'go', variant: 'slim', own: [run('apt-get update && apt-get install -y librdkafka1')] },
    [
      'FROM golang:1.27-trixie AS build\n# If the build misses headers of the libraries that the last stage installs, add their packages here.\n',
      'CGO_ENABLED=1 go build',
    ],
  ],
  [
    'cgo for a library that the last stage installs on Alpine',
    { runtime: 'go', variant: 'alpine', own: [run('apk add --no-cache librdkafka')] },
    ['FROM golang:1.27-alpine3.24 AS build\n', 'CGO_ENABLED=1 go build'],
    'alpine-base',
  ],
  [
    'cgo, and no remark on headers that are there',
    { runtime: 'go', variant: 'alpine', own: [run('apk add --no-cache vips-dev sqlite-libs')] },
    ['FROM golang:1.27-alpine3.24 AS build\nRUN apk', 'CGO_ENABLED=1 go build'],
    'alpine-base',
  ],
  [
    'no musl for a library that the last stage of a Rust program installs',
    { runtime: 'rust', variant: 'slim', own: [run('apt-get update && apt-get install -y libpq5 libssl3')] },
    ['FROM rust:1-trixie AS build\n'],
  ],
  [
    'PHP without Composer',
    { runtime: 'php', own: [copy('. /var/www/html')] },
    ['WORKDIR /app\nCOPY . .\nRUN ', ' if [ -f composer.json ]; then composer install --no-dev '],
  ],
])('a build stage has %s', (_, sketch, parts, base) => {
  for (const part of parts) expect(dockerfile(sketch, base)).toContain(part);
});

test.each<[string, ImageSketch]>([
  ['without cgo', { variant: 'full', own: [run('CGO_ENABLED=0 go build -o /app .')] }],
  ['on an image without a C compiler', { variant: 'alpine', own: [run('go build -o /app .')] }],
  ['beside OpenSSL and setcap', { variant: 'alpine', own: [run('apk add -u libcrypto3 libssl3 libcap libintl')] }],
  [
    'beside libraries that are only upgraded',
    { variant: 'slim', own: [run('apt-get install -y --only-upgrade libgnutls30')] },
  ],
  ['beside programs of libraries', { variant: 'slim', own: [run('apt-get install -y libcap2-bin libreoffice-core')] }],
])('a program of Go that was built %s needs no remark on it', (_, sketch) => {
  const text = dockerfile({ runtime: 'go', ...sketch });
  expect(text).toContain('CGO_ENABLED=0 go build');
  expect(text).not.toContain('cgo');
});

test('a compiler that every build stage has is not noted under the name of another distribution', () => {
  const own = [run('microdnf install -y gcc-c++ make cairo-devel && npm ci')];
  expect(dockerfile({ runtime: 'node', own })).toContain('which may have other names here: cairo-devel\n');
});

test('a Java project whose files several COPY bring has one module', () => {
  const own = [copy('build.gradle /app/build.gradle'), copy('settings.gradle /app/'), run('gradle bootJar')];
  expect(dockerfile({ runtime: 'java', own })).toContain('COPY *.gradle* gradle.propertie[s] ./\nRUN');
});

test('time is linear in the length of paths that Java starts', () => {
  const own = Array.from({ length: 100 }, () => copy(`${'/a'.repeat(7_900)} /x`));
  expect(dockerfile({ runtime: 'java', own })).toContain('mvn -B package');
});

test.each<[string, ImageSketch, string, readonly string[]]>([
  [
    '--secret id=npmrc,src=.npmrc',
    { runtime: 'node', own: [copy('package*.json .npmrc* ./'), run('npm ci'), copy('src src')] },
    '.npmrc',
    ['target=/root/.npm --mount=type=secret,id=npmrc,target=/app/.npmrc npm ci\nCOPY src ./src\n', 'npmrc npm prune'],
  ],
  [
    '--secret id=npmrc,src=docker/npmrc',
    { runtime: 'node', own: [copy('docker/npmrc /root/.npmrc'), copy('. .'), run('npm ci')] },
    'docker/npmrc',
    ['--mount=type=secret,id=npmrc,target=/root/.npmrc npm ci\n'],
  ],
  [
    '--secret id=pip.conf,src=pip.conf',
    {
      runtime: 'python',
      own: [copy('pip.conf /etc/'), copy('requirements.txt .'), run('pip install -r requirements.txt')],
    },
    'pip.conf',
    ['--mount=type=secret,id=pip.conf,target=/etc/pip.conf pip install -r requirements.txt\n'],
  ],
  [
    '--secret id=netrc,src=.netrc',
    { runtime: 'go', own: [copy('.netrc /root/'), copy('. .'), run('go build -o /server')] },
    '.netrc',
    ['--mount=type=secret,id=netrc,target=/root/.netrc go mod download\n'],
  ],
  [
    '--secret id=auth.json,src=auth.json',
    { runtime: 'php', own: [copy('auth.json composer.json composer.lock /var/www/html/'), run('composer install')] },
    'auth.json',
    ['--mount=type=secret,id=auth.json,target=/app/auth.json composer install'],
  ],
  [
    '--secret id=settings.xml,src=ci/settings.xml',
    { runtime: 'java', own: [copy('ci/settings.xml /root/.m2/'), copy('. .'), run('mvn package')] },
    'ci/settings.xml',
    ['target=/root/.m2 --mount=type=secret,id=settings.xml,target=/root/.m2/settings.xml mvn -B package'],
  ],
])('a file that may hold a token is a secret of the build: %s', (option, sketch, source, parts) => {
  const files = generateDockerfile(auditedImage(sketch), 'slim-base', TODAY);
  expect(files.dockerfile).toContain(
    `dockerfile:1\n# Not copied, since it may hold a token: give it to the build by ${option}\n`,
  );
  for (const part of parts) expect(files.dockerfile).toContain(part);
  expect(files.dockerfile).not.toMatch(new RegExp(`^COPY.*${source.replace('.', '\\.')}`, 'm'));
  const ignored = files.dockerignore?.split('\n') ?? [];
  expect([source, `**/${source}`].some((line) => ignored.includes(line))).toBe(true);
});

const ON_TOMCAT = {
  Env: ['CATALINA_HOME=/usr/local/tomcat', 'TOMCAT_VERSION=10.1.59'],
  WorkingDir: '/usr/local/tomcat',
  Cmd: ['catalina.sh', 'run'],
};

test.each<[string, readonly LayerSketch[], readonly string[]]>([
  [
    'by Maven, with its settings and drivers',
    [
      run('rm -rf webapps/*'),
      copy('conf/server.xml conf/'),
      copy('lib/postgresql.jar lib/'),
      copy('shop/target/shop.war webapps/'),
    ],
    [
      'mvn -B package -DskipTests -pl shop -am && \\\n    cp shop/target/shop.war /app.war\nRUN mkdir /app && cd /app && jar xf /app.war\n',
      'FROM tomcat:10.1-jre25-temurin\nCOPY --from=build /app /usr/local/tomcat/webapps/shop\nUSER 10001\nCOPY conf/server.xml /usr/local/tomcat/conf/\nCOPY lib/postgresql.jar /usr/local/tomcat/lib/\nCMD ["catalina.sh", "run"]\n',
    ],
  ],
  [
    'by Gradle, at the root',
    [copy('/home/gradle/build/libs/*.war /usr/local/tomcat/webapps/ROOT.war')],
    ['rm -f build/libs/*-plain.war && cp build/libs/*.war /app.war\n', '/usr/local/tomcat/webapps/ROOT\n'],
  ],
  [
    'of a name that the builder did not record',
    [{ instruction: `COPY file:${'a'.repeat(64)} in /usr/local/tomcat/webapps/` }],
    ['/usr/local/tomcat/webapps/ROOT\n'],
  ],
])('a web application is built and served by Tomcat: %s', (_, own, parts) => {
  const text = dockerfile({ runtime: 'java', own, config: ON_TOMCAT });
  for (const part of parts) expect(text).toContain(part);
  expect(text).not.toMatch(/copy it here|brings more than/);
});

test('of Tomcat releases out of support, the next that runs the same programs is used', () => {
  const own = [copy('app.war /usr/local/tomcat/webapps/')];
  const config = { ...ON_TOMCAT, Env: ['CATALINA_HOME=/usr/local/tomcat', 'TOMCAT_VERSION=8.5.77'] };
  expect(dockerfile({ runtime: 'java', own, config })).toContain('FROM tomcat:9.0-jre25-temurin\n');
});

test.each([
  ['jib-gradle-plugin:3.4.1', 'gradle --no-daemon assemble'],
  ['jib-maven-plugin:3.4.1', 'mvn -B package'],
])('what Jib built is built by the tool that it is a plugin of: %s', (instruction, build) => {
  const text = dockerfile({ runtime: 'java', own: [{ instruction }] });
  expect(text).toContain('dockerfile:1\n# Jib builds the image without a Dockerfile: ');
  expect(text).toContain(build);
});

test.each<[Runtime, string, readonly string[]]>([
  [
    'python',
    'ENV PIP_INDEX_URL=https://pypi.example.com/simple',
    ['ENV PIP_INDEX_URL=https://pypi.example.com/simple'],
  ],
  ['node', 'ARG NPM_CONFIG_REGISTRY=https://npm.example.com/', ['ENV NPM_CONFIG_REGISTRY=https://npm.example.com/']],
  ['go', 'ENV GOPROXY=https://go.example.com,direct', ['ENV GOPROXY=https://go.example.com,direct']],
  ['ruby', 'ENV BUNDLE_MIRROR__ALL=https://gems.example.com', ['ENV BUNDLE_MIRROR__ALL=https://gems.example.com']],
  ['python', 'ENV PIP_INDEX_URL=https://me:s3cr3tS3cr3t@pypi.example.com/simple', []],
  ['python', 'ARG PIP_INDEX_URL', []],
])('the first stage of %s downloads from where the image did: %s', (runtime, step, expected) => {
  const text = dockerfile({ runtime, own: [copy('. /app')], steps: [step] });
  expect(text.split('\n').filter((line) => /example\.com/.test(line))).toEqual(expected);
  for (const line of expected) expect(text).toContain(` AS build\n${line}\n`);
});

test('Go builds the package that is usually named like the program, if the build is unknown', () => {
  const own = [copy('/out/server /usr/local/bin/')];
  const text = dockerfile({ runtime: 'go', own, config: { Entrypoint: ['server'] } });
  expect(text).toContain('-o /out/server "$([ -d cmd/server ] && echo ./cmd/server || echo .)"\n');
});

test.each(['yes', 'no'] as const)('earlier stages are unknown: %s', (multiStage) => {
  const text = dockerfile({ runtime: 'node', own: [copy('/build/dist /app')], multiStage });
  expect(text.includes("# The image's own Dockerfile has more stages, which are unknown here")).toBe(
    multiStage === 'yes',
  );
});

test('an .npmrc that an installation found among the sources is a secret of the build, if there is one', () => {
  const own = [copy('--chown=node . /app'), run('pnpm install')];
  const text = dockerfile({ runtime: 'node', own });
  expect(text).toContain(': if there is an .npmrc, give it to the build by --secret id=npmrc,src=.npmrc\n');
  expect(text).toContain('--mount=type=secret,id=npmrc,target=/app/.npmrc pnpm install');
  const later = [copy('package.json pnpm-lock.yaml ./'), run('pnpm install'), copy('. .'), run('pnpm run build')];
  expect(dockerfile({ runtime: 'node', own: later })).not.toContain('npmrc');
});

test.each([
  ['that an option names', '/', [copy('. /app'), run('yarn install --cwd /app')]],
  ['that another option names', '/', [copy('. /app'), run('pnpm -C /app install')]],
  ['of yarn without a word', '/app', [copy('. .'), run('yarn')]],
  ['after a global package', '/app', [run('npm install -g pnpm'), copy('. .'), run('pnpm install')]],
  [
    'of the second of two projects',
    '/app',
    [copy('web/package.json /web/'), run('cd /web && npm ci'), copy('. .'), run('npm ci')],
  ],
])('an .npmrc is looked for among the sources of an installation %s', (_, workdir, steps) => {
  const text = dockerfile({ runtime: 'node', own: [{ instruction: `WORKDIR ${workdir}` }, ...steps] });
  expect(text).toContain('--mount=type=secret,id=npmrc,target=/app/.npmrc ');
});

test.each<Runtime>(['node', 'ruby', 'php'])('no file is copied that the .dockerignore leaves out: %s', (runtime) => {
  for (const file of ['.npmrc*', '.pypirc*', 'conf/.netrc*']) {
    for (const target of ['./', '/root/', '/etc/app/']) {
      const text = dockerfile({ runtime, own: [copy(`${file} ${target}`), run('npm ci'), copy('src src')] });
      expect(text).not.toMatch(/^COPY.*(?:rc\*)/m);
    }
  }
});

test.each<Runtime>(['node', 'python', 'ruby', 'rust'])(
  "neither tokens nor slimboard's own database get into images: %s",
  (runtime) => {
    const ignored = generateDockerfile(auditedImage({ runtime }), 'slim-base', TODAY).dockerignore?.split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.slimboard', '**/.env', '**/.npmrc', '**/.netrc', '**/.pypirc']));
  },
);

test.each([
  ['rails', 'RAILS_ENV'],
  ['sinatra', 'RACK_ENV'],
])('Ruby runs in production: %s', (framework, variable) => {
  const text = dockerfile({ runtime: 'ruby', framework });
  expect(text.match(/^ENV BUNDLE_.* (\w+)=production$/gm)).toHaveLength(2);
  expect(text).toContain(` ${variable}=production\n`);
  // Programs of gems are on the PATH only in the folder that the official images set.
  expect(text).not.toMatch(/BUNDLE_(?:DEPLOYMENT|PATH)/);
});

test.each<[string, boolean, Partial<ImageSketch>?]>([
  ['pip install torch==2.9.0 flask', true],
  ['pip install torch==2.9.0+cpu', false],
  ['pip install --extra-index-url https://download.pytorch.org/whl/cpu torch', false],
  ['pip install torchmetrics', false],
  ['pip install torch', false, { baseNames: ['nvidia/cuda'], runtimeLayers: 0 }],
])('packages that bring CUDA are noted: %s', (script, isNoted, more) => {
  expect(dockerfile({ runtime: 'python', own: [run(script)], ...more }).includes('/whl/cpu.\nRUN')).toBe(isNoted);
});

test('a build of Node.js has the variables and build arguments that were set before it, but none that come later', () => {
  const input = listedImage({
    history: `${TRIXIE_SLIM}
      2026-08-26 - ENV NODE_VERSION=24.1.0
      2026-08-26 60MB RUN /bin/sh -c curl -fsSLO https://nodejs.org/dist/node.tar.xz # buildkit
      2026-08-26 - CMD ["node"]
      2026-10-15 - ENV PUPPETEER_SKIP_DOWNLOAD=true VITE_API_URL=https://api.example.com
      2026-10-15 90MB RUN /bin/sh -c npm ci # buildkit
      2026-10-15 - ARG VITE_TITLE=Shop VITE_MAPS_API_KEY VITE_ADMIN_API_KEY
      2026-10-15 - ARG VITE_API_URL=https://api.example.com
      2026-10-15 - ARG NPM_TOKEN=
      2026-10-15 - ENV NODE_OPTIONS=--require ./tracing.js
      2026-10-15 9MB COPY . . # buildkit
      2026-10-15 9MB RUN |3 VITE_TITLE=Shop /bin/sh -c npm run build # buildkit
      2026-10-15 - ENV PORT=8080`,
    cmd: ['node', 'server.js'],
  });
  const text = generateDockerfile({ ...input, verdict: classifyImage(input) }, 'slim-base', TODAY).dockerfile ?? '';
  const [build = '', last = ''] = text.split('\n\nFROM ');
  expect(build).toContain('\nENV PUPPETEER_SKIP_DOWNLOAD=true VITE_API_URL=https://api.example.com\nWORKDIR');
  expect(build).toContain(
    'COPY . .\n# Give these to the build, as --build-arg.\nARG VITE_TITLE\nARG VITE_MAPS_API_KEY\nRUN npm run build',
  );
  expect(build).not.toMatch(/NODE_OPTIONS|PORT|ARG (?:VITE_API_URL|VITE_ADMIN|NPM_TOKEN)/);
  expect(last).toContain('PORT=8080');
});
