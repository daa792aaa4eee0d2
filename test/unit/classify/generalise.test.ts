import { describe, expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { type BuiltImage, builtImage } from '../../support/built-image.ts';

interface Case extends BuiltImage {
  readonly name: string;
  readonly base: readonly string[] | string;
  /** Of the base. */
  readonly layerCount?: number;
  readonly distro?: string;
  readonly runtime?: string;
  readonly multiStage?: 'yes' | 'no' | 'unknown';
}

const DEBIAN = {
  line: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1705968000'",
  day: '2024-01-23',
  size: 29_150_000,
};
const DEBIAN_FULL = { ...DEBIAN, size: 49_550_000 };
const ALPINE = [
  { line: 'ADD alpine-minirootfs-3.19.1-x86_64.tar.gz / # buildkit', day: '2024-01-26' },
  { line: 'CMD ["/bin/sh"]', day: '2024-01-26', empty: true },
];
const UBUNTU = [
  { line: '/bin/sh -c #(nop)  ARG RELEASE', day: '2024-02-13', empty: true },
  { line: '/bin/sh -c #(nop)  ARG LAUNCHPAD_BUILD_ARCH', day: '2024-02-13', empty: true },
  { line: '/bin/sh -c #(nop)  LABEL org.opencontainers.image.ref.name=ubuntu', day: '2024-02-13', empty: true },
  { line: '/bin/sh -c #(nop)  LABEL org.opencontainers.image.version=22.04', day: '2024-02-13', empty: true },
  {
    line: '/bin/sh -c #(nop) ADD file:21c2e8d95909bec6f4acdaf4aed55b44ee13603681f93b152e423e3e6a4a207b in / ',
    day: '2024-02-13',
  },
  { line: '/bin/sh -c #(nop)  CMD ["/bin/bash"]', day: '2024-02-13', empty: true },
];
const TEMURIN = [
  ...UBUNTU,
  { line: 'ENV JAVA_HOME=/opt/java/openjdk', day: '2024-02-20', empty: true },
  { line: 'ENV JAVA_VERSION=jdk-17.0.10+7', day: '2024-02-20', empty: true },
  { line: 'RUN /bin/sh -c set -eux; curl -LfsSo /tmp/openjdk.tar.gz $BINARY_URL # buildkit', day: '2024-02-20' },
  { line: 'COPY entrypoint.sh /__cacert_entrypoint.sh # buildkit', day: '2024-02-20' },
  { line: 'ENTRYPOINT ["/__cacert_entrypoint.sh"]', day: '2024-02-20', empty: true },
];
const DOTNET = [
  DEBIAN,
  {
    line: 'ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true',
    day: '2024-01-31',
    empty: true,
  },
  {
    line: 'RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates libc6 libgcc-s1 libicu72 # buildkit',
    day: '2024-01-31',
  },
  { line: 'RUN /bin/sh -c groupadd --gid=$APP_UID app && useradd -l --uid=$APP_UID app # buildkit', day: '2024-01-31' },
  { line: 'ENV DOTNET_VERSION=8.0.1', day: '2024-01-31', empty: true },
  { line: 'COPY /dotnet /usr/share/dotnet # buildkit', day: '2024-01-31' },
  { line: 'RUN /bin/sh -c ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet # buildkit', day: '2024-01-31' },
];
const ASPNET = [
  ...DOTNET,
  { line: 'ENV ASPNET_VERSION=8.0.1', day: '2024-01-31', empty: true },
  {
    line: 'COPY /shared/Microsoft.AspNetCore.App /usr/share/dotnet/shared/Microsoft.AspNetCore.App # buildkit',
    day: '2024-01-31',
  },
];
const POSTGRES = [
  DEBIAN,
  {
    line: 'RUN /bin/sh -c set -eux; groupadd -r postgres --gid=999; useradd -r -g postgres postgres # buildkit',
    day: '2024-02-13',
  },
  { line: 'ENV PG_MAJOR=16', day: '2024-02-13', empty: true },
  { line: 'ENV PG_VERSION=16.2-1.pgdg120+2', day: '2024-02-13', empty: true },
  {
    line: 'RUN /bin/sh -c set -ex; apt-get update; apt-get install -y postgresql-$PG_MAJOR=$PG_VERSION # buildkit',
    day: '2024-02-13',
  },
  { line: 'COPY docker-entrypoint.sh docker-ensure-initdb.sh /usr/local/bin/ # buildkit', day: '2024-02-13' },
  { line: 'ENTRYPOINT ["docker-entrypoint.sh"]', day: '2024-02-13', empty: true },
  { line: 'STOPSIGNAL SIGINT', day: '2024-02-13', empty: true },
  { line: 'EXPOSE map[5432/tcp:{}]', day: '2024-02-13', empty: true },
  { line: 'CMD ["postgres"]', day: '2024-02-13', empty: true },
];
const PHP = [
  DEBIAN,
  { line: 'ENV PHP_INI_DIR=/usr/local/etc/php', day: '2024-02-01', empty: true },
  {
    line: 'RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends apache2 # buildkit',
    day: '2024-02-01',
  },
  { line: 'ENV PHP_VERSION=8.2.16', day: '2024-02-01', empty: true },
  {
    line: 'RUN /bin/sh -c set -eux; savedAptMark="$(apt-mark showmanual)"; apt-get install -y libargon2-dev # buildkit',
    day: '2024-02-01',
  },
  { line: 'ENTRYPOINT ["docker-php-entrypoint"]', day: '2024-02-01', empty: true },
  { line: 'COPY apache2-foreground /usr/local/bin/ # buildkit', day: '2024-02-01' },
  { line: 'WORKDIR /var/www/html', day: '2024-02-01' },
  { line: 'EXPOSE map[80/tcp:{}]', day: '2024-02-01', empty: true },
  { line: 'CMD ["apache2-foreground"]', day: '2024-02-01', empty: true },
];
const APP_DAY = '2024-05-05';

const cases: readonly Case[] = [
  {
    name: 'a database, as published',
    steps: POSTGRES,
    base: 'library/debian:bookworm-slim',
    distro: 'debian 12',
  },
  {
    name: 'an application on that database',
    steps: [...POSTGRES, { line: 'COPY init.sql /docker-entrypoint-initdb.d/ # buildkit', day: APP_DAY }],
    base: 'library/postgres:16',
    distro: 'debian 12',
  },
  {
    name: 'an application on PHP with Apache',
    steps: [...PHP, { line: 'COPY src/ /var/www/html/ # buildkit', day: APP_DAY }],
    base: 'library/php:8.2-apache',
    distro: 'debian 12',
    runtime: 'php 8.2.16',
  },
  {
    name: 'an application whose layers Docker merged, which took minutes',
    steps: [
      ...ASPNET,
      { line: '/bin/sh -c #(nop) COPY dir:ab12 in /app ', day: '2024-03-01T12:00:00', empty: true },
      { line: '/bin/sh -c #(nop)  CMD ["dotnet" "Shop.dll"]', day: '2024-03-01T12:00:00', empty: true },
      { line: '', day: '2024-03-01T12:05:00', comment: 'merge sha256:ab12 to sha256:cd34' },
    ],
    base: 'mcr.microsoft.com/dotnet/aspnet:8.0',
    distro: 'debian 12',
    runtime: 'dotnet 8.0.1',
  },
  {
    name: 'a Java application on Temurin',
    steps: [...TEMURIN, { line: 'COPY build/libs/app.jar /app.jar # buildkit', day: APP_DAY }],
    entrypoint: ['java', '-jar', '/app.jar'],
    base: 'library/eclipse-temurin:17-jre',
    distro: 'ubuntu 22.04',
    runtime: 'java 17.0.10+7',
  },
  {
    name: '.NET runtime, as published',
    steps: DOTNET,
    base: 'mcr.microsoft.com/dotnet/runtime-deps:8.0',
    distro: 'debian 12',
    runtime: 'dotnet 8.0.1',
  },
  {
    name: 'ASP.NET, as published',
    steps: ASPNET,
    base: 'mcr.microsoft.com/dotnet/runtime:8.0',
    distro: 'debian 12',
    runtime: 'dotnet 8.0.1',
  },
  {
    name: 'an application on ASP.NET, published from a stage',
    steps: [
      ...ASPNET,
      { line: 'WORKDIR /app', day: APP_DAY },
      { line: 'COPY /app/publish . # buildkit', day: APP_DAY },
      { line: 'ENTRYPOINT ["dotnet" "Shop.dll"]', day: APP_DAY, empty: true },
    ],
    base: 'mcr.microsoft.com/dotnet/aspnet:8.0',
    distro: 'debian 12',
    runtime: 'dotnet 8.0.1',
    multiStage: 'yes',
  },
  {
    name: 'Node.js that the application installed itself',
    steps: [
      ...ALPINE,
      { line: 'RUN /bin/sh -c apk add --no-cache nodejs npm # buildkit', day: APP_DAY },
      { line: 'COPY . /app # buildkit', day: APP_DAY },
      { line: 'CMD ["node" "/app/index.js"]', day: APP_DAY, empty: true },
    ],
    base: 'library/alpine:3.19',
    distro: 'alpine 3.19.1',
    runtime: 'node',
    multiStage: 'unknown',
  },
  {
    name: 'an unknown image with a CMD beneath the application',
    steps: [
      ...ALPINE,
      { line: 'RUN /bin/sh -c apk add --no-cache dumb-init # buildkit', day: '2024-03-01' },
      { line: 'CMD ["dumb-init" "sh"]', day: '2024-03-01', empty: true },
      { line: 'COPY service /usr/bin/service # buildkit', day: APP_DAY },
    ],
    base: 'not-in-catalogue',
    distro: 'alpine 3.19.1',
  },
  {
    name: 'a Go binary from a stage on nothing',
    steps: [
      { line: 'COPY /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ # buildkit', day: APP_DAY },
      { line: 'COPY /go/bin/server /server # buildkit', day: APP_DAY },
      { line: 'ENTRYPOINT ["/server"]', day: APP_DAY, empty: true },
    ],
    base: 'scratch',
    multiStage: 'yes',
  },
  {
    name: 'context paths with a slash prove no stage',
    steps: [
      ...ALPINE,
      { line: 'COPY /config/app.conf /etc/app.conf # buildkit', day: APP_DAY },
      { line: 'COPY src /app # buildkit', day: APP_DAY },
    ],
    base: 'library/alpine:3.19',
    distro: 'alpine 3.19.1',
    multiStage: 'unknown',
  },
  {
    name: 'kaniko keeps --from',
    steps: [...ALPINE, { line: 'COPY --from=build /out/app /app', day: APP_DAY, author: 'kaniko' }],
    base: 'library/alpine:3.19',
    distro: 'alpine 3.19.1',
    multiStage: 'yes',
  },
  {
    name: 'MySQL on Oracle Linux',
    steps: [
      { line: 'ADD oraclelinux-9-slim-amd64-rootfs.tar.xz / # buildkit', day: '2024-01-18' },
      { line: 'CMD ["/bin/bash"]', day: '2024-01-18', empty: true },
      { line: 'ENV MYSQL_VERSION=8.3.0-1.el9', day: '2024-01-19', empty: true },
      {
        line: 'RUN /bin/sh -c set -eux; microdnf install -y "mysql-community-server-minimal-$MYSQL_VERSION" # buildkit',
        day: '2024-01-19',
      },
      { line: 'CMD ["mysqld"]', day: '2024-01-19', empty: true },
    ],
    base: 'library/oraclelinux:9-slim',
    distro: 'ol 9',
  },
  {
    name: 'Erlang on buildpack-deps',
    steps: [
      DEBIAN_FULL,
      {
        line: 'RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates curl gnupg netbase sq wget ; rm -rf /var/lib/apt/lists/* # buildkit',
        day: '2024-01-24',
      },
      {
        line: 'RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends git mercurial openssh-client subversion procps ; rm -rf /var/lib/apt/lists/* # buildkit',
        day: '2024-01-24',
      },
      {
        line: 'RUN /bin/sh -c set -ex; apt-get update; apt-get install -y --no-install-recommends autoconf automake bzip2 dpkg-dev file g++ gcc imagemagick libffi-dev make # buildkit',
        day: '2024-01-24',
      },
      { line: 'ENV OTP_VERSION=26.2.2 REBAR3_VERSION=3.22.1', day: '2024-02-09', empty: true },
      {
        line: 'RUN /bin/sh -c set -xe && curl -fSL -o otp-src.tar.gz "$OTP_DOWNLOAD_URL" # buildkit',
        day: '2024-02-09',
      },
      { line: 'CMD ["erl"]', day: '2024-02-09', empty: true },
    ],
    base: 'library/buildpack-deps:bookworm',
    distro: 'debian 12',
    runtime: 'erlang 26.2.2',
  },
  {
    name: 'a Universal Base Image, built upon by buildah, which by default makes one layer of a build',
    steps: [
      { line: '', day: '2024-02-01', comment: 'Imported from -' },
      { line: '', day: '2024-02-01' },
      { line: '/bin/sh -c microdnf install -y java-17-openjdk-headless', day: APP_DAY, empty: true },
      { line: '/bin/sh -c #(nop) COPY dir:9f8a129ddccccbd5 in /deployments/ ', day: APP_DAY, empty: true },
      {
        line: '/bin/sh -c #(nop) ENTRYPOINT ["java", "-jar", "/app.jar"]',
        day: APP_DAY,
        comment: 'FROM registry.access.redhat.com/ubi9/ubi-minimal:9.3',
      },
    ],
    labels: {
      'com.redhat.component': 'ubi9-minimal-container',
      name: 'ubi9-minimal',
      version: '9.3',
      'io.buildah.version': '1.33.0',
    },
    base: 'registry.access.redhat.com/ubi9/ubi-minimal:9.3',
    distro: 'rhel 9',
    runtime: 'java 17',
    layerCount: 2,
    multiStage: 'unknown',
  },
  {
    name: 'a Universal Base Image, built upon by buildah',
    steps: [
      { line: '', day: '2024-02-01', comment: 'Imported from -' },
      { line: '', day: '2024-02-01' },
      {
        line: '/bin/sh -c microdnf install -y java-17-openjdk-headless',
        day: APP_DAY,
        comment: 'FROM registry.access.redhat.com/ubi9/ubi-minimal:9.3',
      },
      {
        line: '/bin/sh -c #(nop) ENTRYPOINT ["java", "-jar", "/app.jar"]',
        day: APP_DAY,
        comment: 'FROM 0b5d1aafc2c1',
        empty: true,
      },
    ],
    labels: {
      'com.redhat.component': 'ubi9-minimal-container',
      name: 'ubi9-minimal',
      version: '9.3',
      'io.buildah.version': '1.33.0',
    },
    base: 'registry.access.redhat.com/ubi9/ubi-minimal:9.3',
    distro: 'rhel 9',
    runtime: 'java 17',
  },
  {
    name: 'a Node.js application by buildpacks',
    steps: [{ line: '', day: '1980-01-01' }],
    entrypoint: ['/cnb/process/web'],
    labels: {
      'io.buildpacks.stack.id': 'io.buildpacks.stacks.jammy',
      'io.buildpacks.build.metadata':
        '{"buildpacks":[{"id":"paketo-buildpacks/ca-certificates"},{"id":"paketo-buildpacks/node-engine"}]}',
    },
    base: 'no-history',
    distro: 'ubuntu 22.04',
    runtime: 'node',
  },
  {
    name: 'an application on a database, as old builders worded it',
    steps: [
      { line: '/bin/sh -c #(nop) ADD file:0b5d1aafc2c1 in / ', day: '2019-08-14', size: 27_000_000 },
      { line: '/bin/sh -c #(nop)  CMD ["bash"]', day: '2019-08-14', empty: true },
      {
        line: '/bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates wget',
        day: '2019-08-15',
      },
      { line: '/bin/sh -c #(nop)  ENV MYSQL_VERSION=5.7.27-1debian9', day: '2019-08-15', empty: true },
      { line: '/bin/sh -c apt-get update && apt-get install -y mysql-server=$MYSQL_VERSION', day: '2019-08-15' },
      { line: '/bin/sh -c #(nop)  CMD ["mysqld"]', day: '2019-08-15', empty: true },
      { line: '/bin/sh -c #(nop) COPY file:4f0352e89a2a in /docker-entrypoint-initdb.d/ ', day: APP_DAY },
    ],
    base: 'library/mysql',
    distro: 'debian 9',
  },
  {
    name: 'compilers that an application installed are no stage of buildpack-deps',
    steps: [
      DEBIAN_FULL,
      { line: 'RUN /bin/sh -c apt-get update && apt-get install -y g++ gcc file make # buildkit', day: APP_DAY },
      { line: 'COPY . /src # buildkit', day: APP_DAY },
    ],
    base: 'library/debian:bookworm',
    distro: 'debian 12',
  },
  {
    name: 'Node.js by its tarball on Ubuntu is not the official image',
    steps: [
      ...UBUNTU,
      { line: 'ENV NODE_VERSION=20.11.0', day: APP_DAY, empty: true },
      {
        line: 'RUN /bin/sh -c curl -fsSL https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz | tar -xJ # buildkit',
        day: APP_DAY,
      },
    ],
    base: 'library/ubuntu:22.04',
    distro: 'ubuntu 22.04',
    runtime: 'node 20.11.0',
  },
  {
    name: 'a Windows application on Server Core',
    os: 'windows',
    osVersion: '10.0.20348.2322',
    steps: [
      { line: 'Apply image 10.0.20348.2113', day: '2023-12-01', size: 1_500_000_000 },
      { line: 'Install update 10.0.20348.2322', day: '2024-02-10', size: 600_000_000 },
      { line: 'cmd /S /C #(nop) COPY dir:0f1e in C:/app ', day: APP_DAY, size: 5_000 },
    ],
    base: 'mcr.microsoft.com/windows/servercore:ltsc2022',
    distro: 'windows 10.0.20348.2322',
  },
];

describe.each(cases)('$name', (image) => {
  const verdict = classifyImage(builtImage(image));

  test('base image', () => {
    const { base } = verdict;
    if (base.confidence === 'unknown') expect(base.reason).toBe(image.base);
    else expect(base.references).toContain(image.base);
  });

  test('distribution, runtime and stages', () => {
    const { distro, runtime, multiStage } = verdict;
    expect(distro && `${distro.value.id} ${distro.value.version ?? ''}`.trim()).toBe(image.distro);
    expect(runtime && `${runtime.value.name} ${runtime.value.version ?? ''}`.trim()).toBe(image.runtime);
    if (image.layerCount !== undefined) expect(verdict.base.layerCount).toBe(image.layerCount);
    if (image.multiStage !== undefined) expect(multiStage.value).toBe(image.multiStage);
  });
});
