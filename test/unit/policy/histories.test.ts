import { expect, test } from 'vitest';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { auditedImage, type ImageSketch } from '../../support/audited-image.ts';

/**
 * Typical steps: the script of a RUN, or another instruction as BuildKit records it. Each makes a layer of 50 MB. A copy
 * comes first, unless `MOUNTED` says that files are mounted.
 */
function image([first = '', ...others]: readonly string[], env: readonly string[] = []): ImageSketch {
  const steps = first === MOUNTED ? others : ['COPY package.json ./', first, ...others];
  const own = steps.map((step) => ({
    instruction: `${/^(?:RUN|COPY|ADD|WORKDIR) /.test(step) ? step : `RUN /bin/sh -c ${step}`} # buildkit`,
    bytes: 50_000_000,
  }));
  return { own, config: { Env: env } };
}

const MOUNTED = 'files are mounted';

function trips(rule: string, sketch: ImageSketch): boolean {
  return findingsOf(auditedImage(sketch)).some((finding) => finding.rule === rule);
}

interface Histories {
  readonly found: readonly (readonly string[])[];
  readonly clean: readonly (readonly string[])[];
}

const HISTORIES: Readonly<Record<string, Histories>> = {
  'apt-cache': {
    found: [
      ['apt-get update && apt-get install -y curl && apt-get clean'],
      ['apt update -qq && apt install -yqq curl && apt autoremove -y'],
      ['sudo -E apt-get update && sudo -E apt-get install -y curl'],
      ['apt-get update\napt-get install -y \\\n  --no-install-recommends curl\n'],
      ['apt-get update && apt-get install -y curl', 'rm -rf /var/lib/apt/lists/*'],
    ],
    clean: [
      ['apt-get update && apt-get install -y curl && rm -rf /var/lib/{apt,dpkg,cache,log}/'],
      ['apt-get update && apt-get install -y curl && rm -rf /var/lib/{apt,dpkg}'],
      ['apt-get update && apt-get install -y curl && find /var/lib/apt/lists -type f -delete'],
      ['set -eux; apt-get update; apt-get install -y curl; rm -rf "/var/lib/apt/lists/"*'],
      ['--mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update && apt-get install -y curl'],
      ['rm -f /etc/apt/apt.conf.d/docker-clean && apt-get update && apt-get install -y curl'],
      ["rm -f /etc/apt/apt.conf.d/docker-clean; echo 'x' > keep-cache", 'apt update && apt-get install -y gcc'],
    ],
  },
  'apk-cache': {
    found: [['apk update && apk add --no-cache curl'], ['apk -U add curl'], ['apk upgrade --available']],
    clean: [
      ['apk add -U --no-cache curl'],
      ['apk --no-cache upgrade && apk --no-cache add curl'],
      ['apk update && apk add curl && rm -rf /var/cache/apk/*'],
    ],
  },
  'yum-cache': {
    found: [['zypper -n refresh && zypper -n in nginx'], ['yum -y update'], ['dnf -y install nginx && dnf autoremove']],
    clean: [
      ['zypper -n in nginx && zypper clean -a'],
      ['zypper -n in nginx && zypper cc -a'],
      ['dnf -y install nginx && rm -rf /var/cache/{dnf,yum}'],
      ['microdnf -y install nginx && microdnf clean all'],
    ],
  },
  'pip-cache': {
    found: [
      ['python3.12 -m pip install flask'],
      ['pip3.12 install flask > /dev/null 2>&1'],
      ['/opt/venv/bin/pip install flask'],
      ['uv pip install --system -r requirements.txt'],
      [MOUNTED, 'pip install flask'],
      [MOUNTED, 'pip install -r https://example.com/requirements.txt'],
      ['pip install flask', 'pip config set global.no-cache-dir true'],
    ],
    clean: [
      [MOUNTED, 'python -m pip install -r requirements.txt', 'COPY . .'],
      [MOUNTED, 'COPY /uv /uvx /bin/', 'uv sync --no-install-project', 'ADD . /app', 'uv sync --frozen'],
      ['PIP_NO_CACHE_DIR=1 pip install flask'],
      ['export PIP_NO_CACHE_DIR=off; pip install flask'],
      ['--mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt'],
      ['uv sync --frozen --no-cache'],
      ['pip install flask && rm -rf /root/.cache'],
      ['poetry install --only main --no-root && rm -rf $POETRY_CACHE_DIR'],
      ['pip uninstall -y setuptools'],
      ['pip config set global.no-cache-dir true', 'pip install flask'],
    ],
  },
  'npm-cache': {
    found: [
      ['npm clean-install --omit=dev'],
      ['npm ci && rm -f .npmrc'],
      ['--mount=type=secret,id=npmrc,target=/root/.npmrc npm ci'],
      [MOUNTED, 'git clone https://example.com/shop.git . && npm ci'],
      [MOUNTED, 'npm install -g serve'],
      [MOUNTED, '--mount=type=bind,source=package.json,target=package.json npm ci'],
    ],
    clean: [
      [MOUNTED, 'npm ci --omit=dev', 'COPY . .'],
      ['npm ci && rm -rf ~/.npm'],
      ['npm ci --cache /tmp/npm && rm -rf /tmp/npm'],
      ['--mount=type=bind,source=package.json,target=package.json --mount=type=cache,target=/root/.npm npm ci'],
    ],
  },
  'yarn-cache': {
    found: [
      ['corepack enable && yarn install --immutable'],
      ['yarn install --production && rm yarn.lock'],
      ['corepack pnpm fetch --prod', 'pnpm install --offline --prod'],
      ['npx pnpm fetch'],
    ],
    clean: [
      ['yarn --version'],
      ['yarn install && rm -rf /usr/local/share/.cache'],
      ['yarn build'],
      ['YARN_CACHE_FOLDER=/dev/shm/yarn yarn --production'],
      ['pnpm install --frozen-lockfile'],
      ['pnpm fetch --prod && pnpm install --offline --prod'],
    ],
  },
  'dev-dependencies': {
    found: [
      ['npm ci --loglevel error'],
      ['npm ci 2>&1'],
      ['npm ci', 'npm prune --omit=dev'],
      ['npm ci', 'NODE_ENV=production npm run build'],
      ['pnpm install --frozen-lockfile'],
      ['poetry install --no-interaction'],
      ['uv sync --frozen'],
      ['pipenv install --dev --system'],
      ['bundle install'],
      ['bundle config set deployment true && bundle install'],
      ['bundle install', 'bundle config set without development'],
    ],
    clean: [
      ['NODE_ENV=production npm ci'],
      ['npm ci --omit dev'],
      ['npm ci --only production'],
      ['npm ci && npm run build && npm ci --omit=dev'],
      ['yarn install --production=true'],
      ['bun install --production'],
      ['composer install --no-dev --optimize-autoloader'],
      ['poetry install --only=main --no-root'],
      ['poetry install --without dev,test'],
      ['uv sync --frozen --no-dev'],
      ['pipenv install --system --deploy'],
      ["bundle config set --local without 'development test' && bundle install"],
      ["bundle config set --local without 'development test'", 'bundle install'],
      ['uv sync --frozen --no-group dev'],
    ],
  },
  'build-tools': {
    found: [
      ['apk add --no-cache --virtual .build-deps gcc musl-dev && pip install lxml'],
      ['apt-get install -t trixie-backports -y golang'],
      ['apt-get install -y gcc g++ && apt-get purge -y curl'],
      ['apt-get install -y gcc-12=12.2.0-14'],
      ['apt-get install -y default-jdk maven'],
      ['yum groupinstall -y "Development Tools"'],
      ['dnf group install -y development-tools'],
      ['zypper -n in gcc-c++ make'],
      ['apk add --no-cache alpine-sdk'],
      ['apt-get install -y --no-install-recommends gfortran'],
      ['apt-get install -y r-base-dev'],
      ["curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y"],
      ['wget -qO- https://go.dev/dl/go1.27.1.linux-amd64.tar.gz | tar -xz -C /usr/local'],
      ['curl -LO https://go.dev/dl/go1.27.1.tar.gz && rm -rf /usr/local/go && tar -C /usr/local -xzf go1.27.1.tar.gz'],
      ['rm -rf /usr/local/go && curl -sSL https://go.dev/dl/go1.27.1.tar.gz | tar -C /usr/local -xz'],
    ],
    clean: [
      ['apk add --no-cache -t .build-deps build-base && make && apk del .build-deps'],
      ['apt-get install -y gcc && make && apt-get remove -y gcc && apt-get autoremove -y'],
      ['dnf install -y gcc && make && dnf remove -y gcc'],
      ['deps="gcc make" && apt-get install -y $deps && make && apt-get purge -y --auto-remove $deps'],
      ["apt-get install -y gcc; make; apt-mark auto '.*'; apt-get purge -y --auto-remove -o APT::AutoRemove=1"],
      ['apt-get install -y libstdc++6 gcc-12-base openjdk-21-jre-headless libgfortran5'],
      ['curl -sSf https://sh.rustup.rs | sh -s -- -y && pip install x && rustup self uninstall -y'],
      ['curl -sSL https://go.dev/dl/go1.27.1.tar.gz | tar -xz && go install x@v1 && rm -rf /usr/local/go /root/go'],
    ],
  },
  'recommended-packages': {
    found: [['apt-get update && apt-get install -y curl'], ['dnf -y install nginx']],
    clean: [
      ['apt-get update\napt-get install -y \\\n  --no-install-recommends curl\n'],
      ['echo \'APT::Install-Recommends "0";\' > /etc/apt/apt.conf.d/01lean', 'apt-get install -y curl'],
      ["echo 'install_weak_deps=False' >> /etc/dnf/dnf.conf", 'dnf install -y curl'],
      ['dnf install -y --setopt=install_weak_deps=False --nodocs nginx'],
      ['apt-get update && apt-get install -y --only-upgrade libgnutls30'],
    ],
  },
  'deleted-files': {
    found: [
      ['COPY app.tar.gz /tmp/', 'tar xzf /tmp/app.tar.gz -C / && rm /tmp/app.tar.gz'],
      ['COPY app.tar.gz /tmp/app.tar.gz', 'tar xzf /tmp/app.tar.gz -C / && rm -rf /tmp/*'],
      ['WORKDIR /opt', 'wget -O tool.tgz https://example.com/tool.tgz', 'tar xzf tool.tgz', 'rm tool.tgz'],
      ['WORKDIR /opt', 'COPY tool.tgz .', 'tar xzf ./tool.tgz && rm ./tool.tgz'],
      ['ADD --chown=1:1 installer.run /opt/', 'sh /opt/installer.run && rm -f /opt/installer.run'],
      ['COPY dist/app.tar.gz /tmp/', 'tar xzf /tmp/app.tar.gz -C / && rm /tmp/app.tar.gz'],
      ['wget --output-document=/opt/tool.tgz https://example.com/tool.tgz', 'rm /opt/tool.tgz'],
    ],
    clean: [
      ['COPY app.tar.gz /tmp/', 'rm /tmp/other.tar.gz'],
      ['WORKDIR /opt', 'COPY tool.tgz .', 'cd /tmp && rm tool.tgz'],
      ['COPY app /app', 'npm ci && rm -rf /app/.cache /app/tests'],
      ['rm -rf /app', 'COPY app /app'],
      ['WORKDIR /opt/app', 'cd / && rm -rf /opt/app'],
      ['WORKDIR /opt', 'curl tool.tgz', 'rm tool.tgz'],
      ['WORKDIR /opt', 'wget -O - https://example.com/tool.tgz | tar xz', 'rm -rf /opt/*'],
    ],
  },
  'rewritten-files': {
    found: [
      ['COPY app /app', 'chown -Rf node:node /app'],
      ['COPY agent /usr/local/bin/agent', 'chmod +x /usr/local/bin/agent'],
      ['COPY app /app', 'addgroup -S app && adduser -S app -G app && chown -R app:app /app'],
    ],
    clean: [
      ['COPY app /app', 'npm run build && chmod +x dist/cli.js'],
      ['COPY app /app', 'mkdir /data'],
    ],
  },
};

const CASES = Object.entries(HISTORIES).flatMap(([rule, { found, clean }]) => [
  ...found.map((steps) => [rule, true, steps] as const),
  ...clean.map((steps) => [rule, false, steps] as const),
]);

test.each(CASES)('%s is %s of %j', (rule, isFound, steps) => {
  expect(trips(rule, image(steps))).toBe(isFound);
});

test('variables of the image disable the caches they name, and nothing else', () => {
  expect(trips('pip-cache', image(['uv sync --no-dev'], ['UV_NO_CACHE=1']))).toBe(false);
  expect(trips('pip-cache', image(['uv sync --no-dev'], ['UV_LINK_MODE=copy']))).toBe(false);
  expect(trips('dev-dependencies', image(['bundle install'], ['BUNDLE_WITHOUT=development:test']))).toBe(false);
  expect(trips('dev-dependencies', image(['npm ci'], ['NODE_ENV=production']))).toBe(false);
  expect(trips('dev-dependencies', image(['npm ci'], ['NODE_ENV=test', 'MY_NODE_ENV=production']))).toBe(true);
  const script = image(['RUN |1 NODE_ENV=production /bin/sh -c npm ci']);
  expect(trips('dev-dependencies', { ...script, settings: ['ARG NODE_ENV=production'] })).toBe(false);
  expect(trips('dev-dependencies', { ...script, settings: ['ARG NODE_ENV=test'] })).toBe(true);
  expect(trips('dev-dependencies', image(['composer install'], ['NODE_ENV=production']))).toBe(true);
});

test('variables are looked for once, however many layers ask for them', () => {
  const readsOfEnv = (layers: number): number => {
    const audited = auditedImage(image(Array.from({ length: layers }, () => 'npm ci')));
    let reads = 0;
    const config = {
      ...audited.config,
      get env() {
        reads++;
        return audited.config.env;
      },
    };
    findingsOf({ ...audited, config });
    return reads;
  };
  expect(readsOfEnv(50)).toBe(readsOfEnv(2));
});

test('what is said of wheels that stay in an image is said of them alone', () => {
  const messageOf = (steps: readonly string[]) =>
    findingsOf(auditedImage(image(steps))).find(({ rule }) => rule === 'pip-cache')?.message;
  expect(messageOf(['COPY wheels /wheels', 'pip install --no-cache-dir /wheels/*'])).toContain('mount the wheels');
  expect(messageOf(['pip install flask'])).not.toContain('mount the wheels');
  // Only hostile images have more than ten copies of wheels: each is compared with all steps above it.
  const behind = (copies: number) => {
    const others = Array.from({ length: copies }, (_, at) => `COPY wheels /wheels-${at}`);
    return messageOf([...others, 'COPY wheels /wheels', 'pip install --no-cache-dir /wheels/*']);
  };
  expect(behind(9)).toContain('mount the wheels');
  expect(behind(10)).toBeUndefined();
});

test.each<[string, ImageSketch]>([
  ['a builder that mounts nothing', { own: [{ instruction: '/bin/sh -c npm ci', bytes: 50_000_000 }] }],
  [
    'a base that brought the list',
    {
      base: [{ instruction: 'ADD rootfs.tar /' }, { instruction: 'COPY package.json /app/ # buildkit' }],
      own: [{ instruction: 'RUN /bin/sh -c npm ci # buildkit', bytes: 50_000_000 }],
    },
  ],
])('no list was mounted, so that its cache is found: %s', (_, sketch) => {
  expect(trips('npm-cache', sketch)).toBe(true);
});
