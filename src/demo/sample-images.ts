/** One step of a build. */
interface Step {
  /** The history entry's `created_by`. Of an instruction without a layer, the config has what it sets. */
  readonly createdBy: string;
  /** The layer's compressed size; undefined if the step makes no layer. */
  readonly bytes?: number;
}

/** An image of the demo registry. */
export interface SampleImage {
  readonly repository: string;
  readonly tags: readonly string[];
  /** The image of this list that it is built on, as `repository:tag`. */
  readonly base?: string;
  readonly steps: readonly Step[];
  readonly labels?: Readonly<Record<string, string>>;
  /** ISO 8601. */
  readonly created: string;
}

const MB = 1_000_000;
const run = (command: string, bytes: number): Step => ({
  createdBy: `RUN /bin/sh -c ${command} # buildkit`,
  bytes: Math.round(bytes),
});
const copy = (paths: string, bytes: number): Step => ({
  createdBy: `COPY ${paths} # buildkit`,
  bytes: Math.round(bytes),
});
/** A step that makes no layer. */
const setting = (createdBy: string): Step => ({ createdBy });

/** The first steps of images on buildpack-deps. */
const DEBIAN_WITH_CURL: readonly Step[] = [
  { createdBy: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1789689601'", bytes: 48.5 * MB },
  run(
    'set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates curl gnupg wget; rm -rf /var/lib/apt/lists/*',
    24 * MB,
  ),
];
/** The last steps of Node.js' images. */
const nodeSteps = (bytes: number): readonly Step[] => [
  setting('ENV NODE_VERSION=22.23.3'),
  run('groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node', 3300),
  run(
    'curl -fsSLO https://nodejs.org/dist/v22.23.3/node-v22.23.3-linux-x64.tar.xz && tar -xJf node-v22.23.3-linux-x64.tar.xz -C /usr/local --strip-components=1',
    bytes,
  ),
  copy('docker-entrypoint.sh /usr/local/bin/', 446),
  setting('ENTRYPOINT ["docker-entrypoint.sh"]'),
  setting('CMD ["node"]'),
];

/**
 * The images of the demo registry, each after the one that it is built on. They are invented, with histories as BuildKit
 * writes them and sizes close to those of real images.
 */
export const SAMPLES: readonly SampleImage[] = [
  {
    repository: 'library/alpine',
    tags: ['3.24', 'latest'],
    created: '2026-09-17T20:37:20Z',
    steps: [
      { createdBy: 'ADD alpine-minirootfs-3.24.2-x86_64.tar.gz / # buildkit', bytes: 3.85 * MB },
      setting('CMD ["/bin/sh"]'),
    ],
  },
  {
    repository: 'library/debian',
    tags: ['bookworm-slim'],
    created: '2026-09-18T00:00:00Z',
    steps: [
      { createdBy: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1789689600'", bytes: 28.2 * MB },
      setting('CMD ["bash"]'),
    ],
  },
  {
    repository: 'library/node',
    tags: ['22', '22-bookworm'],
    created: '2026-09-23T21:09:23Z',
    steps: [
      ...DEBIAN_WITH_CURL,
      run(
        'apt-get update && apt-get install -y --no-install-recommends git procps openssh-client && rm -rf /var/lib/apt/lists/*',
        64.4 * MB,
      ),
      run(
        'set -ex; apt-get update; apt-get install -y --no-install-recommends autoconf gcc g++ make patch libssl-dev; rm -rf /var/lib/apt/lists/*',
        211 * MB,
      ),
      ...nodeSteps(57.4 * MB),
    ],
  },
  {
    repository: 'library/node',
    tags: ['22-slim', '22-bookworm-slim'],
    base: 'library/debian:bookworm-slim',
    created: '2026-09-23T21:12:11Z',
    steps: nodeSteps(51.1 * MB),
  },
  {
    repository: 'library/python',
    tags: ['3.13-slim'],
    base: 'library/debian:bookworm-slim',
    created: '2026-09-20T10:02:00Z',
    steps: [
      run(
        'set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates netbase tzdata; rm -rf /var/lib/apt/lists/*',
        3.5 * MB,
      ),
      setting('ENV PYTHON_VERSION=3.13.7'),
      run(
        'set -eux; wget -O python.tar.xz https://www.python.org/ftp/python/3.13.7/Python-3.13.7.tar.xz; ./configure; make; make install',
        12.1 * MB,
      ),
      setting('CMD ["python3"]'),
    ],
  },
  {
    repository: 'library/golang',
    tags: ['1.26'],
    created: '2026-09-12T08:00:00Z',
    steps: [
      ...DEBIAN_WITH_CURL,
      run(
        'set -eux; apt-get update; apt-get install -y --no-install-recommends g++ gcc libc6-dev make pkg-config; rm -rf /var/lib/apt/lists/*',
        92 * MB,
      ),
      setting('ENV GOLANG_VERSION=1.26.1'),
      copy('/target/ /', 77 * MB),
      run('mkdir -p "$GOPATH/src" "$GOPATH/bin" && chmod -R 1777 "$GOPATH"', 126),
      setting('WORKDIR /go'),
      setting('CMD ["bash"]'),
    ],
  },
  nodeApp('payments/checkout-api', ['1.0', '1.1'], 41 * MB, '2026-08-02T12:00:00Z'),
  {
    repository: 'payments/checkout-api',
    tags: ['2.0', 'latest'],
    base: 'library/node:22-slim',
    created: '2026-10-30T12:00:00Z',
    steps: [
      setting('WORKDIR /app'),
      copy('--chown=node:node /app/node_modules ./node_modules', 9.2 * MB),
      copy('--chown=node:node /app/dist ./dist', 0.4 * MB),
      setting('USER node'),
      setting('CMD ["dist/server.js"]'),
    ],
  },
  nodeApp('payments/refunds', ['0.4', 'latest'], 66 * MB, '2026-07-11T12:00:00Z'),
  {
    repository: 'search/ranking',
    tags: ['3.2', 'latest'],
    base: 'library/python:3.13-slim',
    created: '2026-10-11T09:00:00Z',
    labels: { team: 'search' },
    steps: [
      setting('WORKDIR /app'),
      run('apt-get update && apt-get install -y build-essential', 96 * MB),
      copy('requirements.txt .', 412),
      run('pip install -r requirements.txt', 188 * MB),
      copy('. .', 2.1 * MB),
      setting('CMD ["uvicorn" "ranking:app"]'),
    ],
  },
  {
    repository: 'search/indexer',
    tags: ['0.9'],
    base: 'library/golang:1.26',
    created: '2026-06-03T09:00:00Z',
    steps: [
      setting('WORKDIR /go/src/indexer'),
      copy('. .', 1.3 * MB),
      run('go build -o /go/bin/indexer .', 78 * MB),
      setting('CMD ["/go/bin/indexer"]'),
    ],
  },
  {
    repository: 'search/indexer',
    tags: ['1.0', 'latest'],
    created: '2026-10-20T09:00:00Z',
    steps: [copy('/out/indexer /indexer', 6.3 * MB), setting('USER 65532'), setting('ENTRYPOINT ["/indexer"]')],
  },
  {
    repository: 'tools/backup',
    tags: ['latest'],
    base: 'library/alpine:3.24',
    created: '2026-09-29T18:00:00Z',
    steps: [
      run('apk add rsync openssh-client postgresql-client', 9.8 * MB),
      copy('backup.sh /', 900),
      setting('CMD ["/backup.sh"]'),
    ],
  },
];

/** A Node.js service built in one stage. */
function nodeApp(repository: string, tags: readonly string[], modulesBytes: number, created: string): SampleImage {
  return {
    repository,
    tags,
    base: 'library/node:22',
    created,
    steps: [
      setting('WORKDIR /app'),
      copy('. .', 3.2 * MB),
      run('npm install', modulesBytes),
      run('npm run build', 1.1 * MB),
      setting('CMD ["node" "dist/server.js"]'),
    ],
  };
}
