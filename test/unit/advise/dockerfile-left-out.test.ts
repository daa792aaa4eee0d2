import { expect, test } from 'vitest';
import type { ImageSketch } from '../../support/audited-image.ts';
import { add, copy, dockerfile, run } from '../../support/dockerfiles.ts';

const NOTE = '# The image also has these steps: add those that the program needs, in the stage that they belong to.\n';

/** The steps that the Dockerfile lists as left out. */
function leftOut(sketch: ImageSketch): readonly string[] {
  const [, list = ''] = dockerfile(sketch).split(NOTE);
  return [...list.matchAll(/^# {3}(.*)$/gm)].map(([, step = '']) =>
    step.replace('/bin/sh -c ', '').replace(' # buildkit', ''),
  );
}

test.each<[string, ImageSketch, readonly string[]]>([
  [
    'browsers and models',
    {
      runtime: 'python',
      own: [run('pip install -r requirements.txt && playwright install chromium'), run('python -m spacy download en')],
    },
    ['RUN pip install -r requirements.txt && playwright install chromium', 'RUN python -m spacy download en'],
  ],
  [
    'a folder for data',
    { runtime: 'node', own: [run('mkdir -p /data && chown node /data')] },
    ['RUN mkdir -p /data && chown node /data'],
  ],
  [
    'a written file',
    { runtime: 'php', own: [run('echo "memory_limit=1G" > /etc/php/8.3/mods-available/m.ini')] },
    ['RUN echo "memory_limit=1G" > /etc/php/8.3/mods-available/m.ini'],
  ],
  ['a build by other means', { runtime: 'go', own: [run('make build')] }, ['RUN make build']],
  [
    'a downloaded agent',
    { runtime: 'java', own: [{ instruction: 'ADD https://example.com/agent.jar /opt/agent.jar' }] },
    ['ADD https://example.com/agent.jar /opt/agent.jar'],
  ],
  [
    'an archive with files for several folders',
    { runtime: 'go', own: [add('overlay.tar.xz /')] },
    ['ADD overlay.tar.xz /'],
  ],
  [
    'files of another image',
    { runtime: 'node', own: [copy('/usr/bin/tool /opt/tools/tool')] },
    ['COPY /usr/bin/tool /opt/tools/tool'],
  ],
  [
    'files whose sources the builder did not record',
    {
      runtime: 'node',
      own: [
        { instruction: `COPY multi:${'a'.repeat(64)} in ./` },
        { instruction: `COPY dir:${'b'.repeat(64)} in /opt/templates` },
        { instruction: `COPY file:${'c'.repeat(64)} in /entrypoint.sh` },
        { instruction: 'COPY --from=build app/dist /srv/dist' },
        { instruction: 'COPY --from=build node_modules /srv/modules' },
      ],
    },
    ['COPY … in /opt/templates', 'COPY --from=build app/dist /srv/dist'],
  ],
  [
    'files whose sources Buildah did not record, above a layer of merged steps that copied others',
    {
      runtime: 'node',
      own: [
        run('( npm ci ) && COPY web/settings.json /etc/web/settings.json'),
        { instruction: `COPY dir:${'b'.repeat(64)} in /opt/templates` },
      ],
    },
    ['COPY … in /opt/templates'],
  ],
  [
    'a model in the folder of the program',
    { runtime: 'python', own: [{ instruction: 'ADD https://example.com/model.bin ./' }] },
    ['ADD https://example.com/model.bin ./'],
  ],
  ['packages of another language', { runtime: 'node', own: [run('pip3 install yt-dlp')] }, ['RUN pip3 install yt-dlp']],
  [
    'a package that pnpm copied out of its repository, to where the image does not start',
    { runtime: 'node', own: [copy('. .'), run('pnpm install'), run('pnpm --filter=api deploy --prod /prod/api')] },
    ['RUN pnpm --filter=api deploy --prod /prod/api'],
  ],
  ['scripts that another language builds', { runtime: 'php', own: [run('npm run build')] }, ['RUN npm run build']],
])('a Dockerfile lists the steps that it does not repeat: %s', (_, sketch, steps) => {
  expect(leftOut(sketch)).toEqual(steps);
});

test.each<[string, ImageSketch]>([
  ['a compiled program', { runtime: 'go', own: [copy('/out/server /usr/bin/server')] }],
  [
    'packages and users',
    {
      runtime: 'python',
      own: [
        run('apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*'),
        run('python -m venv /venv && /venv/bin/pip install flask'),
        run('useradd -m app && mkdir -p /app/data && chown -R app /app'),
        copy('/opt/venv /opt/venv'),
      ],
    },
  ],
  [
    'a package repository',
    {
      runtime: 'node',
      own: [run('curl -fsSL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs')],
    },
  ],
  [
    'the installation of a package manager',
    {
      runtime: 'php',
      own: [
        run('curl -sS https://getcomposer.org/installer | php -- --install-dir=/usr/bin'),
        run('. /opt/env && composer install'),
      ],
    },
  ],
  ["Bundler's own release", { runtime: 'ruby', own: [run('gem install bundler:2.4.1 && bundle install')] }],
  ['packages of scripts', { runtime: 'ruby', own: [run('corepack enable && yarn install && npm ci')] }],
  ['the archive of Java, moved', { runtime: 'java', own: [run('mvn -q package && mv target/*.jar /app.jar')] }],
  ['a compiler', { runtime: 'node', own: [run('npx nest build')] }],
  ['a build', { runtime: 'node', own: [run('corepack enable && pnpm install && pnpm build')] }],
  [
    'a secret',
    {
      runtime: 'node',
      own: [
        run('curl -H "Authorization: Bearer ghp_0123456789abcdefghijABCDEFGHIJ012345" https://example.com/x -o /opt/x'),
      ],
    },
  ],
  ['versions', { runtime: 'node', own: [run('node --version && ffmpeg -version')] }],
  [
    "the image's own root file system",
    { runtime: 'node', base: [], baseNames: null, own: [add('rootfs.tar.xz /'), run('apk add --no-cache nodejs')] },
  ],
])('a Dockerfile does not list %s', (_, sketch) => {
  expect(dockerfile(sketch)).not.toContain(NOTE);
});

const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';

test.each<[string, ImageSketch, string]>([
  [
    'a step with a token',
    { own: [run(`curl -H "Authorization: Bearer ${TOKEN}" https://example.com/x -o /opt/x`)] },
    "# The image's build takes credentials: left out, with the steps that contain them.\n# Give them",
  ],
  [
    'a step with a password option',
    { own: [run('mysql --password $PASSWORD -e "x"')] },
    "# The image's build takes credentials: left out",
  ],
  [
    'build arguments',
    { steps: ['ARG NPM_TOKEN', 'ARG VERSION=1'], own: [run(`git clone https://x:${TOKEN}@example.com/x`)] },
    "# The image's build takes credentials (NPM_TOKEN): left out",
  ],
  [
    'variables',
    { config: { Env: [`API_TOKEN=${TOKEN}`, 'DB_PASSWORD=correcthorse', 'PORT=1'] } },
    '# Left out, since these variables hold secrets: API_TOKEN, DB_PASSWORD. Pass them at run time.\n',
  ],
  [
    'the command',
    { config: { Cmd: ['node', 'server.js', `--token=${TOKEN}`] } },
    '# Left out, since it holds a credential: the command that starts the image.',
  ],
])('a Dockerfile says that it leaves out a credential: %s', (_, sketch, note) => {
  const text = dockerfile({ runtime: 'node', ...sketch });
  expect(text).toContain(`# syntax=docker/dockerfile:1\n${note}`);
  expect(text).not.toMatch(/ghp_|correcthorse|mysql/);
});

test('a Dockerfile says nothing of credentials if the image has none', () => {
  const own = [
    'SECRET_KEY_BASE=dummy rails assets:precompile',
    'npm ci --prefix token',
    'adduser --disabled-password app',
  ];
  const sketch: ImageSketch = { runtime: 'ruby', own: own.map(run), steps: ['ARG NODE_ENV'] };
  expect(dockerfile(sketch)).not.toMatch(/credential|secret/);
});

test('of very many steps that a Dockerfile does not repeat, it lists the first and counts the others', () => {
  const own = Array.from({ length: 30 }, (_, at) => run(`install-part ${at} ${'x'.repeat(500)}`));
  const steps = leftOut({ runtime: 'node', own });
  expect(steps.length).toBe(9);
  expect(steps.at(-1)).toBe('and 22 more');
  for (const step of steps) expect(step.length).toBeLessThanOrEqual(160);
});

test.each<[string, ImageSketch, string]>([
  [
    'settings',
    { runtime: 'php', own: [copy('php.ini /usr/local/etc/php/conf.d/app.ini')] },
    'COPY php.ini /usr/local/etc/php/conf.d/app.ini\n',
  ],
  [
    'files that a wildcard names',
    { runtime: 'php', own: [copy('docker/conf/*.ini /usr/local/etc/php/conf.d/')] },
    'COPY docker/conf/*.ini /usr/local/etc/php/conf.d/\n',
  ],
  ['a folder', { runtime: 'go', own: [copy('./migrations /migrations/')] }, 'COPY ./migrations /migrations/\n'],
  [
    'a script that does not start the program',
    { runtime: 'go', own: [copy('wait-for-it.sh /usr/local/bin/')] },
    'COPY --chmod=0755 wait-for-it.sh /usr/local/bin/\n',
  ],
  [
    'a file in a folder that WORKDIR made',
    { runtime: 'node', own: [{ instruction: 'WORKDIR /config' }, copy('app.yml .'), { instruction: 'WORKDIR /app' }] },
    'COPY app.yml /config/\n',
  ],
  ['an agent', { runtime: 'java', own: [copy('lib/otel-agent.jar /opt/')] }, 'COPY lib/otel-agent.jar /opt/\n'],
  ['an archive', { runtime: 'node', own: [add('site.tar.gz /srv/site')] }, '\nADD site.tar.gz /srv/site\n'],
  ['archives by a wildcard', { runtime: 'node', own: [add('packs/*.tgz /srv/')] }, '\nADD packs/*.tgz /srv/\n'],
  ['an archive as it is', { runtime: 'node', own: [copy('site.tar.gz /srv/')] }, '\nCOPY site.tar.gz /srv/\n'],
  ['a file by ADD', { runtime: 'node', own: [add('app.yml /srv/')] }, '\nCOPY app.yml /srv/\n'],
  [
    'an archive that ADD does not unpack',
    { runtime: 'node', own: [add('--unpack=false site.tar.gz /srv/')] },
    '\nCOPY site.tar.gz /srv/\n',
  ],
  [
    'an archive beside the program',
    { runtime: 'go', own: [add('--chown=1:1 templates.tar ./templates')], config: { WorkingDir: '/srv' } },
    '\nADD templates.tar /srv/templates\n',
  ],
])('a Dockerfile copies what the image has outside of its folder: %s', (_, sketch, line) => {
  const text = dockerfile(sketch);
  expect(text.slice(text.lastIndexOf('\nFROM '))).toContain(line);
});

test.each<[string, string]>([
  ['a package list', 'requirements.txt /opt/'],
  ['what the build makes', 'target/app.jar /opt/'],
  ['jars that a wildcard names', 'libs/*.jar /opt/'],
  ['package lists that a wildcard names', 'requirements*.txt /opt/'],
  ['a jar', 'app.jar /opt/app.jar'],
  ['a key', 'tls.key /etc/ssl/private/'],
  ['the credentials of a tool', 'netrc /root/.netrc'],
  ['what is not in the context', '../x /opt/x'],
])('a Dockerfile does not copy %s', (_, args) => {
  expect(dockerfile({ runtime: 'java', own: [copy(args)] })).not.toContain(`COPY ${args}`);
});

test.each<[string, ImageSketch, string]>([
  [
    'its volumes and the signal that stops it',
    {
      runtime: 'go',
      steps: ['VOLUME [/data /logs]', 'STOPSIGNAL SIGQUIT'],
      config: { Volumes: { '/data': {}, '/logs': {} } },
    },
    'copy it with --chown.\nVOLUME /data /logs\nSTOPSIGNAL SIGQUIT\n',
  ],
  [
    'a volume that a variable names, and one whose name begins like one of the base, but none of the base',
    {
      runtime: 'go',
      settings: ['VOLUME [/data/base /var/lib/base]'],
      steps: ['VOLUME [/data $LOGS]'],
      config: { Volumes: { '/data': {}, '/data/base': {}, '/logs': {}, '/var/lib/base': {} } },
    },
    'copy it with --chown.\nVOLUME /data /logs\n',
  ],
  [
    'the last signal that stops it',
    { runtime: 'go', steps: ['STOPSIGNAL SIGTERM', 'STOPSIGNAL SIGINT'] },
    'USER 65532:65532\nSTOPSIGNAL SIGINT\n',
  ],
  [
    "Spring's volume, in which everybody writes",
    { runtime: 'java', steps: ['VOLUME ["/tmp"]'], config: { Volumes: { '/tmp': {} } } },
    'USER 10001\nVOLUME /tmp\n',
  ],
  [
    'its labels',
    {
      runtime: 'node',
      steps: ['LABEL team=payments org.opencontainers.image.title=Cart API'],
      config: { Labels: { team: 'payments', 'org.opencontainers.image.title': 'Cart API' } },
    },
    'LABEL team=payments\nLABEL org.opencontainers.image.title="Cart API"\n',
  ],
])('a Dockerfile keeps what an image sets: %s', (_, sketch, lines) => {
  expect(dockerfile(sketch)).toContain(lines);
});

test('a Dockerfile repeats no label of one build or of the old base, with a secret, or that cannot be quoted, and no volume that is more than a plain path', () => {
  const labels = {
    'org.opencontainers.image.revision': 'abc',
    'org.opencontainers.image.base.name': 'docker.io/library/node:20',
    'ci.job.id': '7',
    team: 'payments',
    build_date: '2026-01-01',
    api_token: 's3cr3t-a8f7',
    note: 'a\nb',
  };
  const label = `LABEL ${Object.entries(labels)
    .map((pair) => pair.join('='))
    .join(' ')}`;
  const text = dockerfile({
    runtime: 'node',
    config: { Labels: labels, Volumes: { '/a b': {}, '/a\nUSER root': {}, '/c': {} } },
    own: [run('npm ci')],
    steps: [label, 'VOLUME [/a b /a\nUSER root /c]', 'VOLUME []'],
  });
  expect(text.match(/(?:LABEL|VOLUME).*/g)).toEqual(['LABEL team=payments', 'VOLUME /c']);
});

test('a value of several lines becomes a build argument, unless it is secret', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----';
  const config = { Env: ['NOTICE=one\ntwo', `SIGNING=${key}`, 'PORT=80'] };
  const text = dockerfile({
    runtime: 'go',
    config,
    steps: ['ENV NOTICE=one\ntwo', `ENV SIGNING=${key}`, 'ENV PORT=80'],
  });
  expect(text).toContain('as --build-arg.\nARG NOTICE\nENV NOTICE=$NOTICE PORT=80\n');
  expect(text).not.toContain('SIGNING=');
});

test('a Dockerfile quotes what would end a value or be replaced in it', () => {
  const value = String.raw`{"path":"C:\new","price":"$5"}`;
  const config = { Env: [`SHOP=${value}`], Labels: { shop: value } };
  const steps = ['ENV SHOP=x', 'LABEL shop=x', 'ARG PIP_INDEX_URL=https://$MIRROR/simple'];
  const text = dockerfile({ runtime: 'python', config, own: [run('pip install flask')], steps });
  const quoted = String.raw`"{\"path\":\"C:\\new\",\"price\":\"\$5\"}"`;
  expect(text).toContain(`ENV SHOP=${quoted}\n`);
  expect(text).toContain(`LABEL shop=${quoted}\n`);
  expect(text).not.toContain('MIRROR');
});
