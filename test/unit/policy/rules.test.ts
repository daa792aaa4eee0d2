import { expect, test } from 'vitest';
import { areaOf } from '../../../src/deep/areas.ts';
import type { MeasuredLayer } from '../../../src/policy/audited-image.ts';
import type { Finding } from '../../../src/policy/finding.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { RULES } from '../../../src/policy/rule-registry.ts';
import { auditedImage, type ImageSketch, type LayerSketch } from '../../support/audited-image.ts';

const RULE_IDS = RULES.map(({ id }) => id);

const MB = 1_000_000;

function findingOf(rule: string, sketch: ImageSketch): Finding | undefined {
  return findingsOf(auditedImage(sketch)).find((finding) => finding.rule === rule);
}

/** An image with one RUN on a plain base, after a copy of the list of packages that it may read. */
function run(script: string, more: Partial<LayerSketch> = {}): ImageSketch {
  const list = { instruction: 'COPY package.json ./ # buildkit', bytes: 1_000 };
  return { own: [list, { instruction: `RUN /bin/sh -c ${script} # buildkit`, bytes: 50 * MB, ...more }] };
}

function copy(instruction: string, more: Partial<LayerSketch> = {}): LayerSketch {
  return { instruction: `${instruction} # buildkit`, bytes: 10 * MB, ...more };
}

/** An image with a folder that the classic builder copied, and perhaps a step after it. */
function classicCopy(target: string, step?: string, made: LayerSketch['class'] = 'application'): ImageSketch {
  const folder = copy(`/bin/sh -c #(nop) COPY dir:1b2c in ${target} `);
  return { own: [folder, ...(step === undefined ? [] : [copy(step, { class: made })])] };
}

/** An image with copied wheels on a plain base, and with the RUNs after them. */
function wheels(...scripts: readonly string[]): ImageSketch {
  return {
    own: [copy('COPY /src/wheels /wheels'), ...scripts.map((script) => copy(`RUN /bin/sh -c ${script}`))],
  };
}

const LATEST = { baseNames: ['library/node:latest'], confidence: 'declared' } as const;
const PRODUCTION = { Env: ['NODE_ENV=production'] };
const NO_PIP_CACHE = { Env: ['PIP_NO_CACHE_DIR=1'] };

const KEPT: readonly [string, ImageSketch][] = [
  ['apt-cache', run('apt-get update && apt-get install -y --no-install-recommends curl')],
  ['apt-cache', run('apt-get -o Acquire::Retries=3 update && DEBIAN_FRONTEND=noninteractive apt-get install -y curl')],
  ['apt-cache', run('curl -fsSL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs')],
  [
    'apt-cache',
    run(
      'curl -s "https://packagecloud.io/install/repositories/a/b/script.deb.sh?any=true" | bash && apt-get install -y b',
    ),
  ],
  ['apk-cache', run('apk add curl')],
  ['apk-cache', run('apk --update add curl')],
  ['yum-cache', run('dnf install -y nginx')],
  ['yum-cache', run('microdnf install -y java-21-openjdk-headless')],
  ['pip-cache', run('pip install -r requirements.txt')],
  ['pip-cache', { ...run('pip install flask'), steps: ['ENV PIP_NO_CACHE_DIR=1'], config: NO_PIP_CACHE }],
  ['pip-cache', wheels('pip install --upgrade pip && pip install --no-cache /wheels/*')],
  ['pip-cache', wheels('cd / && pip install --no-cache-dir --no-index --find-links=./wheels -r /requirements.txt')],
  ['pip-cache', run('apk add --no-cache gcc && python3 -m pip install flask')],
  ['conda-cache', run('conda env update -n base -f environment.yml')],
  ['conda-cache', run('micromamba install -y -n base -f /tmp/env.yaml')],
  ['npm-cache', run('npm ci --omit=dev')],
  ['yarn-cache', run('yarn install --frozen-lockfile')],
  ['yarn-cache', run('yarn')],
  ['yarn-cache', run('pnpm fetch --prod')],
  ['maven-cache', run('./mvnw -B package -DskipTests')],
  ['gradle-cache', run('./gradlew bootJar')],
  ['go-build-cache', run('CGO_ENABLED=0 go build -o /app .')],
  ['build-tools', run('apt-get update && apt-get install -y build-essential && rm -rf /var/lib/apt/lists/*')],
  ['build-tools', { base: [copy('ADD rootfs.tar /'), copy('RUN /bin/sh -c apt-get install -y gcc make')] }],
  [
    'build-tools',
    {
      baseNames: ['mcr.microsoft.com/dotnet/sdk:10.0'],
      runtime: 'dotnet',
      own: [{ ...copy('RUN /bin/sh -c dotnet publish -o /app'), bytes: 200_000_000 }],
    },
  ],
  ['fat-base', { variant: 'full', baseNames: ['library/node:24'] }],
  ['dev-dependencies', run('npm install')],
  ['dev-dependencies', run('composer install')],
  ['dev-dependencies', { ...run('npm ci'), steps: ['ENV NODE_ENV=production'], config: PRODUCTION }],
  ['dev-dependencies', run('npm ci --omit=optional')],
  ['dev-dependencies', run('npm ci --production=false')],
  ['dev-dependencies', run('yarn install --production=false')],
  ['dev-dependencies', run('pip install --no-cache-dir -r requirements-dev.txt')],
  ['recommended-packages', run('apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*')],
  ['copy-all', { own: [copy('COPY . .')] }],
  ['copy-all', { own: [copy('COPY --chown=node:node ./ /app')] }],
  ['copy-all', classicCopy('/app', 'RUN /bin/sh -c npm run build')],
  ['copy-all', classicCopy('./', 'RUN /bin/sh -c npm run build')],
  ['cache-order', { own: [copy('COPY . /app'), copy('RUN /bin/sh -c npm ci')] }],
  [
    'cache-order',
    {
      own: ['RUN /bin/sh -c pip install -U pip', 'COPY . /app', 'RUN /bin/sh -c pip install -r x.txt'].map((step) =>
        copy(step),
      ),
    },
  ],
  ['many-layers', { own: Array.from({ length: 10 }, (_, at) => copy(`RUN /bin/sh -c touch /file${at}`)) }],
  ['add-remote-url', { own: [copy('ADD https://example.com/tool.tgz /tmp/')] }],
  [
    'deleted-files',
    { own: [copy('COPY big.tar /tmp/big.tar'), copy('RUN /bin/sh -c tar xf /tmp/big.tar && rm /tmp/big.tar')] },
  ],
  [
    'deleted-files',
    {
      own: [copy('RUN /bin/sh -c wget -qO /tmp/sdk.zip https://example.com/sdk.zip'), copy('RUN /bin/sh -c rm /tmp/*')],
    },
  ],
  [
    'deleted-files',
    { own: [copy('COPY big.tar /tmp/'), copy('RUN /bin/sh -c cd /tmp && tar xf big.tar -C /opt && rm big.tar')] },
  ],
  ['rewritten-files', { own: [copy('COPY app /app'), copy('RUN /bin/sh -c chown -R 1000 /app')] }],
  ['secret-in-env', { config: { Env: ['PATH=/bin', 'DB_PASSWORD=hunter2hunter2'] } }],
  ['secret-in-env', { config: { Env: ['REGISTRY_URL=https://ci:hunter2hunter2@example.com'] } }],
  ['secret-in-history', run('|1 NPM_TOKEN=abcdef123456 /bin/sh -c npm ci')],
  ['secret-in-history', run('curl -H "Authorization: Bearer abcdef1234567890" https://example.com')],
  // Above the base, which its layers prove, other layers may follow after a pause or from another builder.
  [
    'secret-in-history',
    {
      own: [
        { instruction: 'RUN /bin/sh -c npm config set //npm.example.com/:_authToken=abcdef123456 # buildkit' },
        { instruction: '/bin/sh -c #(nop) COPY file:1b2c in /app ' },
      ],
    },
  ],
  ['root-user', { root: true }],
  ['end-of-life-base', { baseFacts: { ended: [{ name: 'debian 10', endOfLife: '2024-06-30' }] } }],
  [
    'stale-base',
    { baseFacts: { newerBuild: { reference: 'library/node:24', createdAt: '2026-11-01T00:00:00Z', ageDays: 40 } } },
  ],
  ['unpinned-base', { ...LATEST, baseEvidence: 'annotation:library/node:latest' }],
  ['unpinned-base', { baseNames: ['library/node'], baseEvidence: 'provenance+layer-chain:library/node' }],
  ['no-healthcheck', { variant: 'slim', config: { ExposedPorts: { '8080/tcp': {} } } }],
];

test.each(KEPT)('%s is found', (rule, sketch) => {
  const finding = findingOf(rule, sketch);
  expect(finding).toMatchObject({ rule });
  expect(finding?.evidence.length).toBeGreaterThan(0);
});

const CLEAN: readonly [string, ImageSketch][] = [
  ['root-user', { root: true, config: { Labels: { 'containers.bootc': '1' } } }],
  ['root-user', { root: true, config: { Cmd: ['/sbin/init'] } }],
  ['root-user', { root: true, config: { Entrypoint: ['/usr/local/bin/entrypoint', '/usr/lib/systemd/systemd'] } }],
  ['apt-cache', run('apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*')],
  ['apt-cache', run('apt-get update; apt-get install -y curl; apt-get dist-clean')],
  ['apt-cache', run('apt-get update && apt-get install -y x', { bytes: 40_000 })],
  ['apt-cache', run('curl -fsSLO https://example.com/setup_22.x && apt-get install -y ./tool.deb')],
  ['apk-cache', run('apk add --no-cache curl')],
  ['apk-cache', run('apk --update add curl && rm -rf /var/cache/apk/*')],
  ['yum-cache', run('dnf install -y nginx && dnf clean all')],
  ['pip-cache', run('pip install --no-cache-dir -r requirements.txt')],
  ['conda-cache', run('conda install -y numpy && conda clean -afy')],
  ['conda-cache', run('mamba env create -f environment.yml && rm -rf /opt/conda/pkgs/*')],
  ['conda-cache', run('conda run -n app pip install flask')],
  ['pip-cache', wheels('pip install --no-cache-dir /wheels/* && rm -rf /wheels')],
  ['pip-cache', wheels('pip install --no-cache-dir flask')],
  ['pip-cache', run('pip install --no-index --find-links=/mnt/wheels -r requirements.txt')],
  ['pip-cache', wheels('pip install --no-cache-dir /wheels/*', 'rm -rf /wheels')],
  ['pip-cache', wheels('pip install --no-cache-dir /wheels/* && rm -rf /wheels/*.whl')],
  [
    'pip-cache',
    { own: [copy('COPY wheels /src/wheels'), copy('RUN pip install --no-cache-dir /src/wheels/* && rm -rf /src')] },
  ],
  ['pip-cache', { own: [copy('COPY --from=wheels /app /app'), copy('RUN pip install --no-cache-dir /app/x.whl')] }],
  ['pip-cache', { own: [copy('COPY . .'), copy('RUN /bin/sh -c pip install --no-cache-dir ./*.whl')] }],
  ['pip-cache', run('pip config set global.no-cache-dir true && pip install flask')],
  ['pip-cache', { ...run('pip install flask'), config: NO_PIP_CACHE }],
  ['pip-cache', { ...run('pip install flask'), settings: ['ENV PIP_NO_CACHE_DIR=1'], config: NO_PIP_CACHE }],
  ['npm-cache', run('npm ci && npm cache clean --force')],
  ['npm-cache', run('npm run install-hooks')],
  ['yarn-cache', run('yarn install --production && yarn cache clean')],
  ['yarn-cache', run('yarn build')],
  ['go-build-cache', run('go build -o /app . && go clean -cache -modcache')],
  ['go-build-cache', run('echo go build')],
  ['build-tools', run('apk add --no-cache --virtual .build-deps gcc && make && apk del .build-deps')],
  ['build-tools', run('apt-get install -y --no-install-recommends gcc && make && apt-get purge -y gcc')],
  ['build-tools', run('apt-get install -y --no-install-recommends libgcc-s1')],
  ['fat-base', { variant: 'slim' }],
  ['fat-base', { variant: 'full', baseNames: null }],
  ['dev-dependencies', run('npm ci --omit=dev')],
  ['dev-dependencies', run('npm install -g serve')],
  ['dev-dependencies', run('npm install express')],
  ['dev-dependencies', run('npm ci && npm run build && npm prune --omit=dev')],
  ['dev-dependencies', { ...run('yarn install'), config: PRODUCTION }],
  ['dev-dependencies', { ...run('npm ci'), settings: ['ENV NODE_ENV=production'], config: PRODUCTION }],
  ['dev-dependencies', { ...run('npm ci'), settings: ['ARG NODE_ENV=production'] }],
  ['dev-dependencies', run('npm ci --omit dev --omit=optional')],
  ['dev-dependencies', run('npm install --only=prod')],
  ['recommended-packages', run('apt-get install -y --no-install-recommends curl')],
  ['recommended-packages', run('apt-get -o APT::Install-Recommends=false install -y curl')],
  ['copy-all', { own: [copy('COPY package.json package-lock.json ./')] }],
  ['copy-all', { own: [copy('COPY /app/dist ./dist')] }],
  ['copy-all', classicCopy('./dist', 'RUN /bin/sh -c npm run build')],
  // What another stage built.
  ['copy-all', classicCopy('/app')],
  ['copy-all', classicCopy('/app', 'RUN /bin/sh -c apt-get install -y curl', 'os-packages')],
  // The files of s6-overlay's services, or all that a tool for slimming found to be used.
  ['copy-all', classicCopy('/', 'RUN /bin/sh -c npm run build')],
  ['copy-all', { own: [copy('/bin/sh -c #(nop) COPY dir:1b2c in /app ', { bytes: 2_000 }), copy('RUN make')] }],
  ['cache-order', { own: [copy('COPY package.json ./'), copy('RUN /bin/sh -c npm ci'), copy('COPY . .')] }],
  [
    'cache-order',
    {
      own: [
        copy('COPY uv.lock pyproject.toml ./'),
        copy('RUN /bin/sh -c uv sync --frozen --no-install-project'),
        copy('COPY . /app'),
        copy('RUN /bin/sh -c uv sync --frozen'),
      ],
    },
  ],
  ['many-layers', run('touch /file')],
  [
    'add-remote-url',
    {
      own: [
        copy(
          'ADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/tool.tgz /tmp/',
        ),
      ],
    },
  ],
  ['add-remote-url', { own: [copy('ADD app.tar /app')] }],
  ['deleted-files', { own: [copy('COPY big.tar /tmp/big.tar'), copy('RUN /bin/sh -c rm -rf /tmp/other')] }],
  ['deleted-files', { own: [copy('RUN /bin/sh -c constructor -o x'), copy('RUN /bin/sh -c rm -rf /tmp/*')] }],
  [
    'deleted-files',
    {
      own: [
        copy('RUN /bin/sh -c curl -o /tmp/a.tgz https://a.example && rm /tmp/a.tgz'),
        copy('RUN /bin/sh -c rm -rf /tmp/*'),
      ],
    },
  ],
  ['rewritten-files', { own: [copy('RUN /bin/sh -c chown -R 1000 /app', { bytes: 900 })] }],
  ['rewritten-files', { own: [copy('RUN /bin/sh -c npm ci && chown -R node node_modules')] }],
  ['secret-in-env', { config: { Env: ['GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D', 'PYTHON_SHA256=abc'] } }],
  ['secret-in-env', { config: { Env: ['DB_PASSWORD=', 'DB_PASSWORD_FILE=/run/secrets/db', 'API_TOKEN=$TOKEN'] } }],
  ['secret-in-history', run('curl -H "Authorization: Bearer $TOKEN" https://example.com')],
  ['secret-in-history', run('|1 VERSION=1.2.3 /bin/sh -c npm ci')],
  ['unpinned-base', { baseNames: ['library/node:24-slim', 'library/node:latest'], confidence: 'proven' }],
  [
    'unpinned-base',
    { ...LATEST, baseNames: ['library/node:24-slim'], baseEvidence: 'annotation:library/node:24-slim' },
  ],
  ['unpinned-base', { ...LATEST, baseEvidence: 'buildpacks:library/node:latest' }],
  ['unpinned-base', { ...LATEST, baseNames: ['library/node'], baseEvidence: 'index-annotation:library/node' }],
  ['no-healthcheck', { variant: 'scratch', config: { ExposedPorts: { '8080/tcp': {} } } }],
  ['no-healthcheck', { variant: 'slim', config: {} }],
];

test.each(CLEAN)('%s is not found where nothing is wrong', (rule, sketch) => {
  expect(findingOf(rule, sketch)).toBeUndefined();
});

const AREAS = { 'apt-lists': 20 * MB, documentation: 30 * MB, 'debug-symbols': 10 * MB, logs: 1 * MB };
const CONTENTS: MeasuredLayer = {
  fileBytes: 100 * MB,
  areaBytes: AREAS,
  deletedBytes: 5 * MB,
  rewrittenBytes: 4 * MB,
  duplicateBytes: 3 * MB,
  developmentPackages: [{ name: 'eslint', bytes: 2 * MB }],
  toolchain: [{ name: '/usr/bin/gcc', bytes: 1 * MB }],
  setuidFiles: ['/usr/bin/su'],
  sensitiveFiles: ['app/.env'],
};

test.each([
  ['apt-cache', 18 * MB],
  ['docs-and-locales', 12 * MB],
  ['debug-symbols', 4 * MB],
  ['leftover-files', 400_000],
  ['deleted-files', 2_500_000],
  ['rewritten-files', 2 * MB],
  ['duplicate-files', 1_500_000],
  ['dev-dependencies', 800_000],
  ['build-tools', 400_000],
])('%s is measured where layers were read', (rule, bytes) => {
  const finding = findingOf(rule, { own: [{ bytes: 50 * MB, contents: CONTENTS }] });
  expect(finding).toMatchObject({ confidence: 'proven', bytes: { min: bytes, max: bytes } });
});

test('recommended packages are no gigabytes, whatever else a layer installs', () => {
  const script = 'apt-get install -y python3-pip && pip install torch';
  expect(findingOf('recommended-packages', run(script, { bytes: 4_000 * MB }))?.bytes?.max).toBe(400 * MB);
});

test('files that are compressed already take their own size of a layer', () => {
  const measured = (rule: string, bytes: number, contents: Partial<MeasuredLayer>) =>
    findingOf(rule, { own: [{ bytes, contents }] })?.bytes?.max;
  // The lists of apt, which had 16.7 MB as a layer of their own, beside build-essential, CMake and Git of Debian 12.
  const installed = { fileBytes: 514_631_443, areaBytes: { 'apt-lists': 19_800_000 } };
  expect(measured('apt-cache', 200_060_000, installed)).toBe(17_820_000);
  // A pack of Git of 3.0 MB beside node_modules.
  const copied = { fileBytes: 30_816_558, areaBytes: { 'version-control': 3_000_000 } };
  expect(measured('leftover-files', 8_630_000, copied)).toBe(2_700_000);
  // Lists that were not compressed.
  const plain = { fileBytes: 130 * MB, areaBytes: { 'apt-lists': 50 * MB } };
  expect(measured('apt-cache', 30 * MB, plain)).toBe(14 * MB);
  // The lists alone, which a later layer removes.
  const removed = { fileBytes: 20_000_000, areaBytes: { 'apt-lists': 19_800_000 }, deletedBytes: 19_800_000 };
  expect(measured('apt-cache', 16_700_000, removed)).toBe(16_660_000);
  expect(measured('deleted-files', 16_700_000, removed)).toBe(16_533_000);
});

test.each([
  ['setuid-files', '/usr/bin/su'],
  ['secret-file', 'app/.env'],
])('%s names the path', (rule, subject) => {
  const finding = findingOf(rule, { own: [{ contents: CONTENTS }] });
  expect(finding?.evidence).toMatchObject([{ layer: 1, subject }]);
});

test.each([
  ['COPY big.tar /tmp/big.tar', '/tmp/big.tar'],
  ['COPY big.tar /tmp/', '/tmp/big.tar'],
  ['COPY sources /tmp/', '/tmp'],
])('deleted-files names what %s added', (instruction, subject) => {
  const finding = findingOf('deleted-files', { own: [copy(instruction), copy('RUN /bin/sh -c rm -rf /tmp/*')] });
  expect(finding?.evidence).toMatchObject([{ layer: 1, subject }]);
});

test('the remedy for development dependencies fits the programs and packages found', () => {
  const uv = findingOf('dev-dependencies', run('uv sync --frozen'));
  expect(uv?.message).toBe('Install production dependencies only: "uv sync --no-dev"');
  const pnpm = findingOf('dev-dependencies', run('npm install -g pnpm@9 && pnpm install'));
  expect(pnpm?.message).toBe('Install production dependencies only: "pnpm install --prod"');
  const contents = { fileBytes: 9 * MB, developmentPackages: [{ name: 'libssl-dev', bytes: 5 * MB }] };
  const headers = findingOf('dev-dependencies', { own: [{ contents }] });
  expect(headers?.message).toMatch(/^Install production dependencies only: -dev packages in an earlier stage/);
});

test('leftover files name their areas, largest first', () => {
  const contents = { fileBytes: 100 * MB, areaBytes: { logs: 1 * MB, 'source-maps': 9 * MB } };
  const finding = findingOf('leftover-files', { own: [{ bytes: 50 * MB, contents }] });
  expect(finding?.evidence).toMatchObject([{ layer: 1, subject: 'source-maps, logs' }]);
});

test('lock files left after a cache was cleared are no cache', () => {
  const contents = { fileBytes: 50 * MB, areaBytes: { 'apk-cache': 300 } };
  expect(findingOf('apk-cache', { own: [{ bytes: 50 * MB, contents }] })).toBeUndefined();
});

test('layer contents overrule the history: a cache mount leaves nothing', () => {
  const sketch = run('npm ci --omit=dev', { contents: { fileBytes: 100 * MB, areaBytes: {} } });
  expect(findingOf('npm-cache', sketch)).toBeUndefined();
});

test.each(Object.keys({ ...AREAS, 'npm-cache': 0, 'pnpm-store': 0 }))(
  '%s is an area that layers are read for',
  (area) => {
    const paths: Readonly<Record<string, string>> = {
      'apt-lists': 'var/lib/apt/lists/x',
      documentation: 'usr/share/doc/x',
      'debug-symbols': 'usr/lib/debug/x',
      logs: 'var/log/x',
      'npm-cache': 'root/.npm/_cacache/x',
      'pnpm-store': 'root/.local/share/pnpm/store/x',
    };
    expect(areaOf(paths[area] ?? '')).toBe(area);
  },
);

test("what a base does is not its children's finding", () => {
  const base = [copy('ADD rootfs.tar /'), copy('RUN /bin/sh -c apt-get update && apt-get install -y curl')];
  expect(findingOf('apt-cache', { base })).toBeUndefined();
});

test('the policy sets the severity of a rule, or disables it', () => {
  const image = auditedImage({ root: true });
  expect(findingsOf(image, { 'root-user': 'error' })).toMatchObject([{ rule: 'root-user', severity: 'error' }]);
  expect(findingsOf(image, { 'root-user': 'off' })).toEqual([]);
});

test('every rule has a positive case, or is measured', () => {
  const measured = [
    'docs-and-locales',
    'debug-symbols',
    'leftover-files',
    'duplicate-files',
    'setuid-files',
    'secret-file',
  ];
  expect([...new Set([...KEPT.map(([rule]) => rule), ...measured])].sort()).toEqual([...RULE_IDS].sort());
});

test('findings stay small, whatever a layer holds and however many there are', () => {
  const developmentPackages = Array.from({ length: 20 }, (_, at) => ({ name: `p${at}`, bytes: at }));
  const few = findingOf('dev-dependencies', { own: [{ contents: { fileBytes: 190, developmentPackages } }] });
  expect(few?.evidence[0]?.subject).toBe('p19, p18, p17, p16, p15, p14, p13, p12, and 12 more');
  const many = findingOf('many-layers', { own: Array.from({ length: 500 }, () => copy('RUN /bin/sh -c true')) });
  expect(many?.evidence.length).toBe(127);
});
