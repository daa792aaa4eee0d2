import { chainIds } from '../oci/chain-id.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';

/**
 * The images of the demo's registry: made up, with histories as BuildKit writes them and sizes (compressed bytes) in the
 * order of the real ones. Layers have digests and no content: nothing of an audit needs it.
 */

/** One step of a build; a step without bytes makes no layer. */
interface Step {
  readonly by: string;
  readonly bytes?: number;
}

interface SampleImage {
  readonly repository: string;
  readonly tags: readonly string[];
  /** An image of this list, `repository:tag`, on which it stands. */
  readonly on?: string;
  readonly steps: readonly Step[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cmd?: readonly string[];
  readonly user?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly created: string;
}

const MB = 1_000_000;
const run = (command: string, bytes: number): Step => ({
  by: `RUN /bin/sh -c ${command} # buildkit`,
  bytes: Math.round(bytes),
});
const copy = (paths: string, bytes: number): Step => ({ by: `COPY ${paths} # buildkit`, bytes: Math.round(bytes) });
const note = (by: string): Step => ({ by });

const SAMPLES: readonly SampleImage[] = [
  {
    repository: 'library/alpine',
    tags: ['3.24', 'latest'],
    created: '2026-09-17T20:37:20Z',
    cmd: ['/bin/sh'],
    steps: [
      { by: 'ADD alpine-minirootfs-3.24.2-x86_64.tar.gz / # buildkit', bytes: 3.85 * MB },
      note('CMD ["/bin/sh"]'),
    ],
  },
  {
    repository: 'library/debian',
    tags: ['bookworm-slim'],
    created: '2026-09-18T00:00:00Z',
    cmd: ['bash'],
    steps: [{ by: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1789689600'", bytes: 28.2 * MB }],
  },
  {
    repository: 'library/node',
    tags: ['22', '22-bookworm'],
    created: '2026-09-23T21:09:23Z',
    cmd: ['node'],
    env: { NODE_VERSION: '22.23.3' },
    steps: [
      { by: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1789689601'", bytes: 48.5 * MB },
      run(
        'set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates curl gnupg wget; rm -rf /var/lib/apt/lists/*',
        24 * MB,
      ),
      run(
        'apt-get update && apt-get install -y --no-install-recommends git procps openssh-client && rm -rf /var/lib/apt/lists/*',
        64.4 * MB,
      ),
      run(
        'set -ex; apt-get update; apt-get install -y --no-install-recommends autoconf gcc g++ make patch libssl-dev; rm -rf /var/lib/apt/lists/*',
        211 * MB,
      ),
      note('ENV NODE_VERSION=22.23.3'),
      run('groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node', 3300),
      run(
        'curl -fsSLO https://nodejs.org/dist/v22.23.3/node-v22.23.3-linux-x64.tar.xz && tar -xJf node-v22.23.3-linux-x64.tar.xz -C /usr/local --strip-components=1',
        57.4 * MB,
      ),
      copy('docker-entrypoint.sh /usr/local/bin/', 446),
      note('ENTRYPOINT ["docker-entrypoint.sh"]'),
      note('CMD ["node"]'),
    ],
  },
  {
    repository: 'library/node',
    tags: ['22-slim', '22-bookworm-slim'],
    on: 'library/debian:bookworm-slim',
    created: '2026-09-23T21:12:11Z',
    cmd: ['node'],
    env: { NODE_VERSION: '22.23.3' },
    steps: [
      note('ENV NODE_VERSION=22.23.3'),
      run('groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node', 3300),
      run(
        'curl -fsSLO https://nodejs.org/dist/v22.23.3/node-v22.23.3-linux-x64.tar.xz && tar -xJf node-v22.23.3-linux-x64.tar.xz -C /usr/local --strip-components=1',
        51.1 * MB,
      ),
      copy('docker-entrypoint.sh /usr/local/bin/', 446),
      note('ENTRYPOINT ["docker-entrypoint.sh"]'),
      note('CMD ["node"]'),
    ],
  },
  {
    repository: 'library/python',
    tags: ['3.13-slim'],
    on: 'library/debian:bookworm-slim',
    created: '2026-09-20T10:02:00Z',
    cmd: ['python3'],
    env: { PYTHON_VERSION: '3.13.7' },
    steps: [
      run(
        'set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates netbase tzdata; rm -rf /var/lib/apt/lists/*',
        3.5 * MB,
      ),
      note('ENV PYTHON_VERSION=3.13.7'),
      run(
        'set -eux; wget -O python.tar.xz https://www.python.org/ftp/python/3.13.7/Python-3.13.7.tar.xz; ./configure; make; make install',
        12.1 * MB,
      ),
      note('CMD ["python3"]'),
    ],
  },
  {
    repository: 'library/golang',
    tags: ['1.26'],
    created: '2026-09-12T08:00:00Z',
    cmd: ['bash'],
    env: { GOLANG_VERSION: '1.26.1' },
    steps: [
      { by: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1789689601'", bytes: 48.5 * MB },
      run(
        'set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates curl gnupg wget; rm -rf /var/lib/apt/lists/*',
        24 * MB,
      ),
      run(
        'set -eux; apt-get update; apt-get install -y --no-install-recommends g++ gcc libc6-dev make pkg-config; rm -rf /var/lib/apt/lists/*',
        92 * MB,
      ),
      note('ENV GOLANG_VERSION=1.26.1'),
      copy('/target/ /', 77 * MB),
      run('mkdir -p "$GOPATH/src" "$GOPATH/bin" && chmod -R 1777 "$GOPATH"', 126),
      note('WORKDIR /go'),
    ],
  },
  nodeApp('payments/checkout-api', ['1.0', '1.1'], 'library/node:22', 41 * MB, '2026-08-02T12:00:00Z'),
  {
    repository: 'payments/checkout-api',
    tags: ['2.0', 'latest'],
    on: 'library/node:22-slim',
    created: '2026-10-30T12:00:00Z',
    user: 'node',
    cmd: ['dist/server.js'],
    steps: [
      note('WORKDIR /app'),
      copy('--chown=node:node /app/node_modules ./node_modules', 9.2 * MB),
      copy('--chown=node:node /app/dist ./dist', 0.4 * MB),
      note('USER node'),
      note('CMD ["dist/server.js"]'),
    ],
  },
  nodeApp('payments/refunds', ['0.4', 'latest'], 'library/node:22', 66 * MB, '2026-07-11T12:00:00Z'),
  {
    repository: 'search/ranking',
    tags: ['3.2', 'latest'],
    on: 'library/python:3.13-slim',
    created: '2026-10-11T09:00:00Z',
    cmd: ['uvicorn', 'ranking:app'],
    labels: { team: 'search' },
    steps: [
      note('WORKDIR /app'),
      run('apt-get update && apt-get install -y build-essential', 96 * MB),
      copy('requirements.txt .', 412),
      run('pip install -r requirements.txt', 188 * MB),
      copy('. .', 2.1 * MB),
      note('CMD ["uvicorn" "ranking:app"]'),
    ],
  },
  {
    repository: 'search/indexer',
    tags: ['0.9'],
    on: 'library/golang:1.26',
    created: '2026-06-03T09:00:00Z',
    cmd: ['/go/bin/indexer'],
    steps: [
      note('WORKDIR /go/src/indexer'),
      copy('. .', 1.3 * MB),
      run('go build -o /go/bin/indexer .', 78 * MB),
      note('CMD ["/go/bin/indexer"]'),
    ],
  },
  {
    repository: 'search/indexer',
    tags: ['1.0', 'latest'],
    created: '2026-10-20T09:00:00Z',
    cmd: ['/indexer'],
    user: '65532',
    steps: [copy('/out/indexer /indexer', 6.3 * MB), note('USER 65532'), note('ENTRYPOINT ["/indexer"]')],
  },
  {
    repository: 'tools/backup',
    tags: ['latest'],
    on: 'library/alpine:3.24',
    created: '2026-09-29T18:00:00Z',
    cmd: ['/backup.sh'],
    steps: [
      run('apk add rsync openssh-client postgresql-client', 9.8 * MB),
      copy('backup.sh /', 900),
      note('CMD ["/backup.sh"]'),
    ],
  },
];

function nodeApp(
  repository: string,
  tags: readonly string[],
  on: string,
  modules: number,
  created: string,
): SampleImage {
  return {
    repository,
    tags,
    on,
    created,
    cmd: ['node', 'dist/server.js'],
    steps: [
      note('WORKDIR /app'),
      copy('. .', 3.2 * MB),
      run('npm install', modules),
      run('npm run build', 1.1 * MB),
      note('CMD ["node" "dist/server.js"]'),
    ],
  };
}

/** A manifest or blob of the registry. */
export interface SampleContent {
  readonly body: string;
  readonly mediaType: string;
}

export interface SampleRegistry {
  /** Tags and what they name, by repository. */
  readonly repositories: ReadonlyMap<string, ReadonlyMap<string, Digest>>;
  readonly content: ReadonlyMap<Digest, SampleContent>;
}

/** Builds all samples; bases come before what stands on them. */
export function buildSamples(): SampleRegistry {
  const repositories = new Map<string, Map<string, Digest>>();
  const content = new Map<Digest, SampleContent>();
  const built = new Map<string, BuiltImage>();
  for (const sample of SAMPLES) {
    const image = buildImage(sample, sample.on === undefined ? undefined : built.get(sample.on));
    const config = keep(content, image.config, MEDIA_TYPE.ociConfig);
    const layers = image.layers.map(({ digest, size }) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest,
      size,
    }));
    const manifest = keep(
      content,
      { schemaVersion: 2, mediaType: MEDIA_TYPE.ociManifest, config, layers },
      MEDIA_TYPE.ociManifest,
    );
    const tags = repositories.get(sample.repository) ?? new Map<string, Digest>();
    repositories.set(sample.repository, tags);
    for (const tag of sample.tags) {
      tags.set(tag, manifest.digest);
      built.set(`${sample.repository}:${tag}`, image);
    }
  }
  return { repositories, content };
}

interface BuiltImage {
  readonly layers: readonly { readonly digest: Digest; readonly size: number; readonly diffId: Digest }[];
  readonly history: readonly object[];
  readonly env: Readonly<Record<string, string>>;
  readonly config: object;
}

function buildImage(sample: SampleImage, base: BuiltImage | undefined): BuiltImage {
  const layers = [...(base?.layers ?? [])];
  for (const { by, bytes } of sample.steps) {
    if (bytes === undefined) continue;
    const [below] = chainIds(layers.map(({ diffId }) => diffId)).slice(-1);
    const diffId = digestOf(`${below ?? ''} ${by} ${sample.created}`);
    layers.push({ digest: digestOf(`compressed ${diffId}`), size: bytes, diffId });
  }
  const steps = sample.steps.map(({ by, bytes }) => ({
    created: sample.created,
    created_by: by,
    ...(bytes === undefined ? { empty_layer: true } : {}),
  }));
  const history = [...(base?.history ?? []), ...steps];
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...base?.env, ...sample.env };
  const config = {
    architecture: 'amd64',
    os: 'linux',
    created: sample.created,
    config: {
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      Cmd: sample.cmd ?? [],
      ...(sample.user ? { User: sample.user } : {}),
      ...(sample.labels ? { Labels: sample.labels } : {}),
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history,
  };
  return { layers, history, env, config };
}

function keep(
  content: Map<Digest, SampleContent>,
  value: object,
  mediaType: string,
): { mediaType: string; digest: Digest; size: number } {
  const body = JSON.stringify(value);
  const digest = digestOf(body);
  content.set(digest, { body, mediaType });
  return { mediaType, digest, size: Buffer.byteLength(body) };
}
