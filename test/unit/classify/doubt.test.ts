import { describe, expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { type ListedImage, listedImage } from '../../support/listed-image.ts';
import { UBI, UBI_LABELS } from '../../support/official-histories.ts';
import { summaryOf } from '../../support/verdict-summary.ts';

// Images that mislead: what they inherited, what a builder left out, what another build used for its own ends.

interface Case extends ListedImage {
  readonly is: string;
  /** One of these names the base, or says why it is unknown. */
  readonly base: readonly string[];
  readonly confidence?: 'declared' | 'inferred' | 'unknown';
  readonly distro?: string;
  readonly runtime?: string;
  readonly multiStage?: 'yes' | 'no' | 'unknown';
}

const JAMMY = `
  2026-01-05 - /bin/sh -c #(nop)  ARG RELEASE
  2026-01-05 - /bin/sh -c #(nop)  ARG LAUNCHPAD_BUILD_ARCH
  2026-01-05 - /bin/sh -c #(nop)  LABEL org.opencontainers.image.version=22.04
  2026-01-05 29MB /bin/sh -c #(nop) ADD file:21c2e8d95909bec6 in / 
  2026-01-05 - /bin/sh -c #(nop)  CMD ["/bin/bash"]`;
const BOOKWORM = `
  2026-01-05T00:00:00 28MB # debian.sh --arch 'amd64' out/ 'bookworm' '@1767571200'`;
const TEMURIN = `${JAMMY}
  2026-01-06 - ENV JAVA_HOME=/opt/java/openjdk
  2026-01-06 - ENV JAVA_VERSION=jdk-17.0.10+7
  2026-01-06 47MB RUN /bin/sh -c set -eux; wget -O /tmp/openjdk.tar.gz OpenJDK17U-jre_x64_linux_hotspot # buildkit
  2026-01-06 2kB COPY entrypoint.sh /__cacert_entrypoint.sh # buildkit
  2026-01-06 - ENTRYPOINT ["/__cacert_entrypoint.sh"]`;
const BITNAMI = `
  2026-01-01T02:00:00 28MB COPY rootfs/ / # buildkit
  2026-01-10T02:00:00 - LABEL org.opencontainers.image.base.name=docker.io/bitnami/minideb:bookworm
  2026-01-10T02:00:00 - ENV HOME=/ OS_ARCH=amd64 OS_FLAVOUR=debian-12 OS_NAME=linux
  2026-01-10T02:00:00 60MB RUN /bin/bash -o errexit -c mkdir -p /tmp/bitnami/pkg/cache/ # buildkit
  2026-01-10T02:00:00 - ENV APP_VERSION=20.18.0 BITNAMI_APP_NAME=node
  2026-01-10T02:00:00 - CMD ["node"]`;
const BITNAMI_LABELS = { 'org.opencontainers.image.base.name': 'docker.io/bitnami/minideb:bookworm' };
const KIWI = '2026-01-01 45MB KIWI 10.1.18';
const NGINX = `
  2026-01-01 3.9MB ADD alpine-minirootfs-3.22.1-x86_64.tar.gz / # buildkit
  2026-01-01 - CMD ["/bin/sh"]
  2026-01-10 - ENV NGINX_VERSION=1.29.1
  2026-01-10 20MB RUN /bin/sh -c set -x && apk add nginx=$NGINX_VERSION # buildkit
  2026-01-10 - ENTRYPOINT ["/docker-entrypoint.sh"]
  2026-01-10 - CMD ["nginx" "-g" "daemon off;"]`;
const COMPANY = `
  2026-03-01T10:00:00 80MB ADD acme-linux-5.tar.xz / # buildkit
  2026-03-01T10:00:01 - CMD ["bash"]`;

const cases: readonly Case[] = [
  {
    is: 'Node.js on a base that carries Python',
    history: `${BOOKWORM}
      2026-01-06 - ENV PYTHON_VERSION=3.12.13
      2026-01-06 30MB RUN /bin/sh -c set -eux; wget -O python.tar.xz "https://www.python.org/ftp/python/Python.tar.xz"; make # buildkit
      2026-01-06 - CMD ["python3"]
      2026-02-01 60MB RUN /bin/sh -c curl -fsSL https://deb.nodesource.com/setup_20.x | bash - && apt-get install -y nodejs # buildkit
      2026-03-01 5MB COPY . . # buildkit`,
    cmd: ['node', 'server.js'],
    base: ['library/python:3.12-slim-bookworm'],
    distro: 'debian 12',
    runtime: 'node 20',
  },
  {
    is: 'Java beside the Node.js that built its pages',
    history: `${JAMMY}
      2026-03-01 - ENV NODE_VERSION=20.1.0
      2026-03-01 100MB RUN /bin/sh -c apt-get update && apt-get install -y openjdk-17-jre-headless # buildkit
      2026-03-01 40MB COPY target/app.jar /app.jar # buildkit`,
    entrypoint: ['/usr/bin/tini', '-v', '--', 'java', '-jar', '/app.jar'],
    base: ['library/ubuntu:22.04'],
    distro: 'ubuntu 22.04',
    runtime: 'java 17',
    multiStage: 'unknown',
  },
  {
    is: 'a binary on Debian',
    history: `${BOOKWORM}
      2026-03-01 9MB COPY server /server # buildkit`,
    entrypoint: ['/server'],
    base: ['library/debian:bookworm-slim'],
    distro: 'debian 12',
    multiStage: 'unknown',
  },
  {
    is: 'a version of its own under the label that Ubuntu wrote',
    history: '2026-03-01 200MB crane flatten sha256:0123',
    labels: { 'org.opencontainers.image.ref.name': 'ubuntu', 'org.opencontainers.image.version': '1.4.2' },
    base: ['squashed'],
    distro: 'ubuntu',
  },
  { is: "a company's own root file system", history: COMPANY, base: ['scratch'], multiStage: 'no' },
  {
    is: "an application on a company's root file system",
    history: `${COMPANY}
      2026-04-01 8MB COPY app /app # buildkit`,
    base: ['not-in-catalogue'],
  },
  {
    is: 'a Bitnami image, which names its base in a label',
    history: BITNAMI,
    labels: BITNAMI_LABELS,
    base: ['bitnami/minideb:bookworm'],
    confidence: 'declared',
    distro: 'debian 12',
    runtime: 'node 20.18.0',
  },
  {
    is: 'an application on it, which inherits the label',
    history: `${BITNAMI}
      2026-02-10T02:00:00 60MB COPY . /app # buildkit`,
    labels: BITNAMI_LABELS,
    base: ['not-in-catalogue'],
    distro: 'debian 12',
    runtime: 'node 20.18.0',
  },
  {
    is: 'the same without dates',
    history: `${BITNAMI.replace(/2026\S+/g, '-')}
      - 60MB COPY . /app # buildkit`,
    labels: BITNAMI_LABELS,
    base: ['not-in-catalogue'],
    distro: 'debian 12',
    runtime: 'node 20.18.0',
  },
  {
    is: "Google's distroless Node.js",
    history: `
      - 100kB bazel build @@rules_distroless~~apt~bookworm//base-files/amd64:data_statusd
      - 900kB bazel build @@rules_distroless~~apt~bookworm//tzdata/amd64:data_statusd
      - 50MB bazel build //nodejs:nodejs22_debian12
      2026-03-01 20MB COPY /app /app # buildkit`,
    env: ['SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'],
    entrypoint: ['/nodejs/bin/node'],
    base: ['not-in-catalogue'],
    distro: 'debian 12',
    runtime: 'node',
  },
  {
    is: 'Jib, which dates its layers 1970',
    history: `${TEMURIN}
      1970-01-01 30MB jib-maven-plugin:3.4.0
      1970-01-01 3MB jib-maven-plugin:3.4.0`,
    entrypoint: ['java', '-cp', '/app/resources:/app/classes:/app/libs/*', 'com.example.Main'],
    base: ['library/eclipse-temurin:17-jre-jammy'],
    distro: 'ubuntu 22.04',
    runtime: 'java 17.0.10+7',
  },
  {
    is: 'an application on an Ubuntu of before Launchpad',
    history: `
      2021-04-22 27MB /bin/sh -c #(nop) ADD file:c1e7b0e6d8 in / 
      2021-04-22 1kB /bin/sh -c [ -z "$(apt-get indextargets)" ]
      2021-04-22 1kB /bin/sh -c set -xe && echo '#!/bin/sh' > /usr/sbin/policy-rc.d
      2021-04-22 - /bin/sh -c #(nop)  CMD ["/bin/bash"]
      2021-06-22 50MB /bin/sh -c apt-get update && apt-get install -y python3
      2021-06-22 5MB /bin/sh -c #(nop) COPY dir:0f1e in /app `,
    base: ['library/ubuntu'],
    distro: 'ubuntu',
  },
  {
    is: 'PyPy, which counts its own versions',
    history: `${BOOKWORM}
      2026-01-06 - ENV PYPY_VERSION=7.3.20
      2026-01-06 60MB RUN /bin/sh -c set -eux; wget -O pypy.tar.bz2 "https://downloads.python.org/pypy/pypy3.11.tar.bz2" # buildkit
      2026-01-06 - CMD ["pypy3"]`,
    base: ['library/debian:bookworm-slim'],
    distro: 'debian 12',
    runtime: 'python',
  },
  {
    is: 'Bun, whose variable is a switch',
    history: `${BOOKWORM}
      2026-01-06 - ENV BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
      2026-01-06 90MB COPY /usr/local/bin/bun /usr/local/bin/bun # buildkit
      2026-01-06 - CMD ["/usr/local/bin/bun"]`,
    entrypoint: ['/usr/local/bin/docker-entrypoint.sh'],
    base: ['library/debian:bookworm-slim'],
    distro: 'debian 12',
    runtime: 'bun',
  },
  {
    is: 'kaniko without dates',
    history: `
      - 29MB /bin/sh -c #(nop) ADD file:b7c0123 in / 
      - - /bin/sh -c #(nop)  CMD ["bash"]
      - - /bin/sh -c #(nop)  ENV NODE_VERSION=20.11.1
      - 50MB /bin/sh -c ARCH= && curl -fsSLO node.tar.xz
      - - /bin/sh -c #(nop)  CMD ["node"]
      - 5MB COPY . .`,
    cmd: ['node', 'server.js'],
    base: ['library/node'],
    runtime: 'node 20.11.1',
  },
  {
    is: "an application on a company's image, which ends with steps for images on top",
    history: `${BOOKWORM}
      2026-01-06 - ENV NODE_VERSION=20.1.0
      2026-01-06 50MB RUN /bin/sh -c curl -fsSLO https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz # buildkit
      2026-01-06 - CMD ["node"]
      2026-01-20 - ONBUILD COPY package.json /app/
      2026-01-20 - ONBUILD RUN npm ci
      2026-02-07 1kB COPY package.json /app/ # buildkit
      2026-02-07 50MB RUN /bin/sh -c npm ci # buildkit`,
    base: ['not-in-catalogue'],
    distro: 'debian 12',
    runtime: 'node 20.1.0',
  },
  {
    is: 'a program on ASP.NET, dated by its last commit, which is older than the base',
    history: `${BOOKWORM}
      2026-01-06 - ENV APP_UID=1654 DOTNET_RUNNING_IN_CONTAINER=true
      2026-01-06 - ENV DOTNET_VERSION=8.0.20
      2026-01-06 33MB COPY /dotnet /usr/share/dotnet # buildkit
      2026-01-06 - ENV ASPNET_VERSION=8.0.20
      2026-01-06 12MB COPY /shared/Microsoft.AspNetCore.App /usr/share/dotnet/shared/Microsoft.AspNetCore.App # buildkit
      2025-11-30 9MB COPY /app/publish . # buildkit
      2025-11-30 - ENTRYPOINT ["dotnet" "Shop.dll"]`,
    base: ['mcr.microsoft.com/dotnet/aspnet:8.0'],
    distro: 'debian 12',
    runtime: 'dotnet 8.0.20',
  },
  {
    is: "a program on a company's image, dated 1970",
    history: `${BOOKWORM}
      2026-01-06 60MB RUN /bin/sh -c apt-get update && apt-get install -y openjdk-17-jre-headless # buildkit
      2026-01-06 - CMD ["java" "-version"]
      1970-01-01 30MB COPY app.jar /app.jar # buildkit
      1970-01-01 - CMD ["java" "-jar" "/app.jar"]`,
    base: ['not-in-catalogue'],
    distro: 'debian 12',
    runtime: 'java 17',
  },
  {
    is: 'a program on a newer base, with copies after the CMD that the builder had kept (COPY --link)',
    history: `${BOOKWORM}
      2026-01-20 - ENV NODE_VERSION=20.1.0
      2026-01-20 50MB RUN /bin/sh -c curl -fsSLO https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz # buildkit
      2026-01-20 - CMD ["node"]
      2026-02-07 9MB RUN /bin/sh -c apt-get update && apt-get install -y tini # buildkit
      2026-02-07 - CMD ["node" "server.js"]
      2026-02-07 1kB RUN /bin/sh -c mkdir -p /app/var # buildkit
      2026-01-10 1kB COPY settings.json /etc/app/ # buildkit
      2026-01-10 - ENV APP_ENV=prod
      2026-01-12 1kB COPY package.json ./ # buildkit
      2026-02-07 30MB RUN /bin/sh -c npm ci # buildkit`,
    base: ['library/node:20.1.0-bookworm-slim'],
    distro: 'debian 12',
    runtime: 'node 20.1.0',
  },
  {
    is: 'a program on nothing by Buildah, whose last step has the layer of all',
    history: `
      2026-03-01 - /bin/sh -c #(nop) COPY file:1b2c in /app 
      2026-03-01 - /bin/sh -c #(nop) COPY dir:3d4e in /etc/ssl/certs 
      2026-03-01 9MB /bin/sh -c #(nop) ENTRYPOINT ["/app"]`,
    labels: { 'io.buildah.version': '1.28.2' },
    base: ['scratch'],
    multiStage: 'unknown',
  },
  {
    is: 'a program that Buildah squashed with the stage beneath, of which only the number is left',
    history: `
      2026-03-01 - /bin/sh -c #(nop) COPY file:1b2c in /app 
      2026-03-01 60MB /bin/sh -c #(nop) ENTRYPOINT ["/app"]`,
    comments: ['FROM 986c4db559db'],
    labels: { 'io.buildah.version': '1.28.2' },
    base: ['squashed'],
    multiStage: 'unknown',
  },
  {
    is: 'an image by Docker on one by Buildah, where a RUN that changes nothing has no layer',
    history: `${UBI}
      2026-09-01T10:00:00 20MB /bin/sh -c microdnf install -y java-21-openjdk-headless
      2026-09-01T10:00:05 - /bin/sh -c java -version
      2026-09-01T10:00:06 30MB /bin/sh -c #(nop) COPY file:1b2c in /app.jar 
      2026-09-01T10:00:06 - /bin/sh -c #(nop)  CMD ["java" "-jar" "/app.jar"]`,
    labels: UBI_LABELS,
    base: ['registry.access.redhat.com/ubi9/ubi-minimal:9.8'],
    distro: 'rhel 9',
    runtime: 'java 21',
  },
  {
    is: 'a program that Buildah put on an image without a history, of which only the number is known',
    history: `
      ? 30MB
      2026-03-01 9MB /bin/sh -c #(nop) COPY file:1b2c in /app `,
    comments: ['FROM 986c4db559db'],
    labels: { 'io.buildah.version': '1.28.2' },
    base: ['not-in-catalogue'],
  },
  {
    is: 'an image whose steps for images on top stand before its own last ones',
    history: `${BOOKWORM}
      2026-01-06T12:00:00 - ENV NODE_VERSION=20.1.0
      2026-01-06T12:00:00 50MB RUN /bin/sh -c curl -fsSLO https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz # buildkit
      2026-01-06T12:00:00 - CMD ["node"]
      2026-01-20T12:00:00 - ONBUILD COPY package.json /app/
      2026-01-21T13:00:00 - WORKDIR /app
      2026-01-21T13:00:00 50MB RUN /bin/sh -c npm install -g pm2 # buildkit`,
    base: ['library/node:20.1-bookworm-slim'],
    distro: 'debian 12',
    runtime: 'node 20.1.0',
  },
  {
    is: 'an image whose steps for images on top stand before a COPY of its own',
    history: `${BOOKWORM}
      2026-01-06T12:00:00 - ENV NODE_VERSION=20.1.0
      2026-01-06T12:00:00 50MB RUN /bin/sh -c curl -fsSLO https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz # buildkit
      2026-01-06T12:00:00 - CMD ["node"]
      2026-01-20T12:00:00 - ONBUILD COPY package.json /app/
      2026-01-20T12:05:00 1kB COPY start.sh /usr/local/bin/ # buildkit
      2026-01-20T12:05:01 50MB RUN /bin/sh -c npm install -g pm2 # buildkit`,
    base: ['library/node:20.1-bookworm-slim'],
    distro: 'debian 12',
    runtime: 'node 20.1.0',
  },
  {
    is: 'an image whose last steps docker-squash made one layer of',
    history: `${JAMMY}
      2026-02-01T10:00:00 50MB /bin/sh -c apt-get install -y nginx
      2026-02-01T10:00:10 60MB `,
    base: ['library/ubuntu:22.04'],
    distro: 'ubuntu 22.04',
  },
  {
    is: 'an image by Docker on one to which crane appended a layer',
    history: `${BOOKWORM}
      - 30MB 
      2026-03-01 50MB RUN /bin/sh -c apt-get install -y nginx # buildkit`,
    base: ['not-in-catalogue'],
    distro: 'debian 12',
  },
  {
    is: 'an image with more layers than its history tells of, which also gives one to a setting',
    history: `${BOOKWORM}
      2026-01-06 - ENV NODE_VERSION=20.1.0
      2026-01-06 50MB RUN /bin/sh -c curl -fsSLO https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz # buildkit
      2026-01-06 - CMD ["node"]
      2026-02-07 1kB ENV NODE_ENV=production
      2026-02-07 50MB RUN /bin/sh -c npm ci # buildkit
      ? 30MB`,
    base: ['library/node:20.1-bookworm-slim'],
    distro: 'debian 12',
    runtime: 'node 20.1.0',
  },
  {
    is: 'openSUSE beneath a title of its own',
    history: `${KIWI}
      2026-02-01 20MB RUN /bin/sh -c zypper -n install nodejs20 # buildkit`,
    labels: {
      'org.opencontainers.image.title': 'shop',
      'org.opencontainers.image.version': '2.1',
      'org.opensuse.base.title': 'openSUSE Leap 15.6 Base Container',
    },
    base: ['opensuse/leap:15.6'],
    distro: 'opensuse-leap 15.6',
  },
  {
    is: '.NET on Azure Linux, whose tags have an ending',
    history: `
      2026-01-01 30MB ADD azurelinux-3.0-container-base.tar.gz / # buildkit
      2026-01-01 - CMD ["bash"]
      2026-01-10 - ENV APP_UID=1654 DOTNET_RUNNING_IN_CONTAINER=true
      2026-01-10 5MB RUN /bin/sh -c tdnf install -y ca-certificates icu && tdnf clean all # buildkit
      2026-01-10 - ENV DOTNET_VERSION=8.0.1
      2026-01-10 70MB COPY /dotnet /usr/share/dotnet # buildkit`,
    base: ['mcr.microsoft.com/dotnet/runtime-deps'],
    distro: 'azurelinux 3.0',
    runtime: 'dotnet 8.0.1',
  },
  {
    is: "Chainguard's Node.js",
    history: `
      2026-01-01 50MB apko
      2026-02-01 5MB COPY . . # buildkit`,
    labels: { 'dev.chainguard.image.title': 'node', 'org.opencontainers.image.vendor': 'Chainguard' },
    entrypoint: ['/usr/bin/node'],
    base: ['cgr.dev/chainguard/node'],
    runtime: 'node',
  },
  {
    is: 'a tool on a tool on BusyBox built from Debian',
    history: `
      2026-01-01 2MB BusyBox 1.37.0 (glibc), Debian 13
      2026-01-01 - CMD ["sh"]
      2026-02-01 2MB COPY tool /bin/tool # buildkit
      2026-02-01 - ENTRYPOINT ["/bin/tool"]
      2026-03-01 2MB COPY conf /etc/tool # buildkit`,
    base: ['not-in-catalogue'],
    distro: 'busybox 1.37.0',
  },
];

describe.each(cases)('$is', (image) => {
  const verdict = classifyImage(listedImage(image));
  const { base, distro, runtime } = summaryOf(verdict);

  test('base image', () => {
    expect(base.filter((name) => image.base.includes(name))).not.toEqual([]);
    if (image.confidence) expect(verdict.base.confidence).toBe(image.confidence);
  });

  test('distribution, runtime and stages', () => {
    expect({ distro, runtime }).toEqual({ distro: image.distro, runtime: image.runtime });
    if (image.multiStage) expect(verdict.multiStage.value).toBe(image.multiStage);
  });
});

test('gives a name only if all its tags meant the same image', () => {
  const python = cases.find(({ is }) => is === 'Node.js on a base that carries Python');
  const { base } = summaryOf(classifyImage(listedImage(python ?? { history: '' })));
  expect(base).toEqual(['library/python:3.12-slim-bookworm', 'library/python:3.12.13-slim-bookworm']);
});

const onNginx = (line: string) =>
  classifyImage(listedImage({ history: `${NGINX}\n2026-03-01 9MB ${line}` })).multiStage;

test.each([
  'COPY /dist/shop /usr/share/nginx/html # buildkit',
  'COPY /target/site /usr/share/nginx/html # buildkit',
  'COPY /frontend/dist /usr/share/nginx/html # buildkit',
  'COPY /etc/nginx/nginx.conf /etc/nginx/nginx.conf # buildkit',
  'COPY /etc/ssl/certs/company.pem /etc/ssl/certs/ # buildkit',
  'COPY /rootfs / # buildkit',
])('%s may copy from a context, so it proves no stage', (line) => {
  expect(onNginx(line).value).toBe('unknown');
});

test.each([
  'COPY /app/dist /usr/share/nginx/html # buildkit',
  'COPY /usr/src/app/build /usr/share/nginx/html # buildkit',
  'COPY /go/bin/exporter /usr/bin/ # buildkit',
  'COPY /mnt/rootfs/ / # buildkit',
  'COPY --chown=1001:0 /2/opt/docker /opt/docker # buildkit',
  'COPY /builder/extracted/spring-boot-loader/ ./ # buildkit',
  'COPY /application/snapshot-dependencies/ ./ # buildkit',
  'COPY /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ # buildkit',
  'COPY /target/ / # buildkit',
  'COPY --from=build /dist /usr/share/nginx/html',
])('%s takes from a stage', (line) => {
  expect(onNginx(line).value).toBe('yes');
});

test.each(['ENV PRODUCT=lunar', 'ENV APP_HOME=/opt/duke', 'RUN /bin/sh -c /opt/tools/precise --init # buildkit'])(
  '%s names no release where nothing calls apt',
  (line) => {
    const history = `
      2026-03-01T10:00:00 80MB /bin/sh -c #(nop) ADD file:21c2e8d95909bec6 in /
      2026-03-01T10:00:01 - /bin/sh -c #(nop)  CMD ["/bin/bash"]
      2026-04-01 ${line.startsWith('ENV') ? '-' : '1MB'} ${line}
      2026-04-01 5MB COPY x /app # buildkit`;
    expect(classifyImage(listedImage({ history })).distro).toBeUndefined();
  },
);

test("a version of another release than the base's is the image's own", () => {
  const history = `
    2026-03-01T10:00:00 80MB ADD ubi9.tar.xz / # buildkit
    2026-03-01T10:00:01 - CMD ["/bin/bash"]
    2026-04-01 5MB COPY x /app # buildkit`;
  const named = { name: 'ubi9', 'com.redhat.component': 'ubi9-container', vendor: 'Red Hat, Inc.' };
  const baseOf = (version: string) =>
    summaryOf(classifyImage(listedImage({ history, labels: { ...named, version } }))).base;
  expect(baseOf('9.5')).toEqual(['registry.access.redhat.com/ubi9/ubi:9.5']);
  expect(baseOf('1.0')).toEqual(['registry.access.redhat.com/ubi9/ubi']);
});

test("a tool's version in a base's tag is not the runtime's", () => {
  const history = `
    2026-03-01T10:00:00 80MB ADD acme-linux-5.tar.xz / # buildkit
    2026-03-01T10:00:01 - CMD ["bash"]
    2026-04-01 5MB COPY shop.war /srv/ # buildkit`;
  const input = listedImage({ history });
  const base = { digest: digestOf('base'), layerCount: 1, origin: 'catalogue' } as const;
  const runtimeOn = (reference: string) =>
    classifyImage({ ...input, bases: [{ ...base, references: [reference] }] }).runtime?.value;
  expect(runtimeOn('example.com/tomcat:9.0.85')).toEqual({ name: 'java' });
  expect(runtimeOn('example.com/openjdk:17.0.2')).toEqual({ name: 'java', version: '17.0.2' });
});

test('a container that was imported whole has lost its base and its stages, unlike a distribution that was imported', () => {
  const history = '2026-03-01 400MB ';
  const imported = (cmd: readonly string[]) => classifyImage(listedImage({ history, comment: 'Imported from -', cmd }));
  const container = imported(['node', 'server.js']);
  expect(container.base).toMatchObject({ confidence: 'unknown', reason: 'squashed' });
  expect(container.multiStage.value).toBe('unknown');
  expect(imported(['/init']).base).toMatchObject({ reason: 'squashed' });
  const starts = ['', '/bin/bash', 'bash -l', '/bin/bash --login', '/bin/sh -c /bin/bash', '/usr/sbin/init'];
  for (const start of [...starts, '/usr/lib/systemd/systemd --system'])
    expect(summaryOf(imported(start === '' ? [] : start.split(' '))).base, start).toEqual(['scratch']);
});
