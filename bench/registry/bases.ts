/**
 * A base image of the synthetic registry, with a history like that of an official image, so that the classifier has
 * real work to do. Sizes are round figures of the same order as the real ones.
 */
export interface SyntheticBase {
  readonly name: string;
  readonly env: readonly string[];
  /** Build steps, in order. */
  readonly steps: readonly Step[];
  /** The steps that a typical application in its language adds. */
  readonly application: readonly Step[];
}

/** An entry of an image's history. */
export interface Step {
  /** `created_by` of the history entry. */
  readonly by: string;
  /** The compressed size of the layer; absent when the step makes no layer. */
  readonly bytes?: number;
}

const MB = 1_000_000;
const run = (command: string, bytes: number): Step => ({ by: `RUN /bin/sh -c ${command} # buildkit`, bytes });
const copy = (paths: string, bytes: number): Step => ({ by: `COPY ${paths} # buildkit`, bytes });
const DEBIAN: readonly Step[] = [
  { by: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1728864000'", bytes: 28 * MB },
  { by: '/bin/sh -c #(nop)  CMD ["bash"]' },
];
const ALPINE: readonly Step[] = [
  { by: 'ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit', bytes: 3.6 * MB },
  { by: 'CMD ["/bin/sh"]' },
];
const UBUNTU: readonly Step[] = [
  { by: '/bin/sh -c #(nop)  ARG RELEASE' },
  { by: '/bin/sh -c #(nop)  LABEL org.opencontainers.image.version=22.04' },
  {
    by: '/bin/sh -c #(nop) ADD file:ebe009f86035c175ba244badd298a2582914415cf62783d510eab3a311a5d4e1 in / ',
    bytes: 29 * MB,
  },
  { by: '/bin/sh -c #(nop)  CMD ["/bin/bash"]' },
];
const BUILDPACK_DEPS: readonly Step[] = [
  run('set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates curl gnupg', 24 * MB),
  run('apt-get update && apt-get install -y --no-install-recommends git mercurial openssh-client procps', 64 * MB),
  run('set -ex; apt-get update; apt-get install -y --no-install-recommends autoconf g++ gcc make libssl-dev', 211 * MB),
];

const nodeSteps = (version: string, bytes: number): readonly Step[] => [
  run('groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node', 4_000),
  { by: `ENV NODE_VERSION=${version}` },
  run('curl -fsSLO "https://nodejs.org/dist/v$NODE_VERSION/node-v$NODE_VERSION-linux-x64.tar.xz"', bytes),
  copy('docker-entrypoint.sh /usr/local/bin/', 450),
  { by: 'ENTRYPOINT ["docker-entrypoint.sh"]' },
  { by: 'CMD ["node"]' },
];
const pythonSteps = (version: string, bytes: number): readonly Step[] => [
  { by: 'ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin' },
  { by: `ENV PYTHON_VERSION=${version}` },
  run('set -eux; wget -O python.tar.xz "https://www.python.org/ftp/python/$PYTHON_VERSION/Python.tar.xz"; make', bytes),
  run('set -eux; for src in idle3 pip3 pydoc3 python3; do ln -svT "$src" "/usr/local/bin/$src"; done', 250),
  { by: 'CMD ["python3"]' },
];

const NODE_APPLICATION: readonly Step[] = [
  { by: 'WORKDIR /app', bytes: 120 },
  copy('package.json package-lock.json ./', 90_000),
  run('npm ci', 61 * MB),
  copy('. .', 3 * MB),
  { by: 'EXPOSE map[3000/tcp:{}]' },
  { by: 'CMD ["node" "server.js"]' },
];
const PYTHON_APPLICATION: readonly Step[] = [
  { by: 'WORKDIR /srv', bytes: 120 },
  copy('requirements.txt .', 700),
  run('pip install --no-cache-dir -r requirements.txt', 48 * MB),
  copy('. .', 1 * MB),
  { by: 'USER 1000' },
  { by: 'CMD ["gunicorn" "app:app"]' },
];
const JAVA_APPLICATION: readonly Step[] = [
  { by: 'WORKDIR /opt/app', bytes: 120 },
  copy('/build/libs/dependencies ./', 38 * MB),
  copy('/build/libs/app.jar app.jar', 2 * MB),
  { by: 'ENTRYPOINT ["java" "-jar" "app.jar"]' },
];
const BINARY_APPLICATION: readonly Step[] = [
  copy('/out/server /server', 9 * MB),
  { by: 'USER 65532:65532' },
  { by: 'ENTRYPOINT ["/server"]' },
];
const PACKAGE_APPLICATION: readonly Step[] = [
  run('apt-get update && apt-get install -y curl jq ca-certificates', 33 * MB),
  copy('--chown=app:app dist /opt/service', 14 * MB),
  run('chmod -R a+rX /opt/service', 14 * MB),
  { by: 'ENV SERVICE_PORT=8080' },
  { by: 'CMD ["/opt/service/run"]' },
];

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const nodeEnv = (version: string) => [PATH, `NODE_VERSION=${version}`, 'YARN_VERSION=1.22.22'];
const pythonEnv = (version: string) => [PATH, 'LANG=C.UTF-8', `PYTHON_VERSION=${version}`];

/** The base images that the synthetic registry's images are built on. */
export const BASES: readonly SyntheticBase[] = [
  ...['18.20.4', '20.18.0', '22.11.0'].flatMap((version): SyntheticBase[] => [
    {
      name: `node:${version}-slim`,
      env: nodeEnv(version),
      steps: [...DEBIAN, ...nodeSteps(version, 41 * MB)],
      application: NODE_APPLICATION,
    },
    {
      name: `node:${version}-alpine`,
      env: nodeEnv(version),
      steps: [...ALPINE, ...nodeSteps(version, 42 * MB)],
      application: NODE_APPLICATION,
    },
    {
      name: `node:${version}`,
      env: nodeEnv(version),
      steps: [...DEBIAN, ...BUILDPACK_DEPS, ...nodeSteps(version, 47 * MB)],
      application: NODE_APPLICATION,
    },
  ]),
  ...['3.10.15', '3.12.7'].flatMap((version): SyntheticBase[] => [
    {
      name: `python:${version}-slim`,
      env: pythonEnv(version),
      steps: [...DEBIAN, ...pythonSteps(version, 12 * MB)],
      application: PYTHON_APPLICATION,
    },
    {
      name: `python:${version}`,
      env: pythonEnv(version),
      steps: [...DEBIAN, ...BUILDPACK_DEPS, ...pythonSteps(version, 24 * MB)],
      application: PYTHON_APPLICATION,
    },
  ]),
  {
    name: 'eclipse-temurin:21-jre',
    env: [PATH, 'JAVA_HOME=/opt/java/openjdk', 'JAVA_VERSION=jdk-21.0.5+11'],
    steps: [
      ...UBUNTU,
      { by: 'ENV JAVA_VERSION=jdk-21.0.5+11' },
      run('set -eux; wget -O /tmp/openjdk.tar.gz; tar --extract --file /tmp/openjdk.tar.gz', 52 * MB),
    ],
    application: JAVA_APPLICATION,
  },
  { name: 'alpine:3.20', env: [PATH], steps: ALPINE, application: BINARY_APPLICATION },
  { name: 'ubuntu:22.04', env: [PATH], steps: UBUNTU, application: PACKAGE_APPLICATION },
  { name: 'debian:bookworm', env: [PATH], steps: DEBIAN, application: PACKAGE_APPLICATION },
  { name: 'scratch', env: [], steps: [], application: BINARY_APPLICATION },
];
