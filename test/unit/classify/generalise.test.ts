import { expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { builtImage } from '../../support/built-image.ts';
import { testVerdicts } from '../../support/verdict-summary.ts';

const DEBIAN = "2024-01-23 29.15MB # debian.sh --arch 'amd64' out/ 'bookworm' '@1705968000'";
const DEBIAN_FULL = DEBIAN.replace('29.15MB', '49.55MB');
const ALPINE = `
  2024-01-26 1kB ADD alpine-minirootfs-3.19.1-x86_64.tar.gz / # buildkit
  2024-01-26 - CMD ["/bin/sh"]`;
const UBUNTU = `
  2024-02-13 - /bin/sh -c #(nop)  ARG RELEASE
  2024-02-13 - /bin/sh -c #(nop)  ARG LAUNCHPAD_BUILD_ARCH
  2024-02-13 - /bin/sh -c #(nop)  LABEL org.opencontainers.image.ref.name=ubuntu
  2024-02-13 - /bin/sh -c #(nop)  LABEL org.opencontainers.image.version=22.04
  2024-02-13 1kB /bin/sh -c #(nop) ADD file:21c2e8d95909bec6f4acdaf4aed55b44ee13603681f93b152e423e3e6a4a207b in / 
  2024-02-13 - /bin/sh -c #(nop)  CMD ["/bin/bash"]`;
const TEMURIN = `${UBUNTU}
  2024-02-20 - ENV JAVA_HOME=/opt/java/openjdk
  2024-02-20 - ENV JAVA_VERSION=jdk-17.0.10+7
  2024-02-20 1kB RUN /bin/sh -c set -eux; curl -LfsSo /tmp/openjdk.tar.gz $BINARY_URL # buildkit
  2024-02-20 1kB COPY entrypoint.sh /__cacert_entrypoint.sh # buildkit
  2024-02-20 - ENTRYPOINT ["/__cacert_entrypoint.sh"]`;
const DOTNET = `${DEBIAN}
  2024-01-31 - ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true
  2024-01-31 1kB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates libc6 libgcc-s1 libicu72 # buildkit
  2024-01-31 1kB RUN /bin/sh -c groupadd --gid=$APP_UID app && useradd -l --uid=$APP_UID app # buildkit
  2024-01-31 - ENV DOTNET_VERSION=8.0.1
  2024-01-31 1kB COPY /dotnet /usr/share/dotnet # buildkit
  2024-01-31 1kB RUN /bin/sh -c ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet # buildkit`;
const ASPNET = `${DOTNET}
  2024-01-31 - ENV ASPNET_VERSION=8.0.1
  2024-01-31 1kB COPY /shared/Microsoft.AspNetCore.App /usr/share/dotnet/shared/Microsoft.AspNetCore.App # buildkit`;
const POSTGRES = `${DEBIAN}
  2024-02-13 1kB RUN /bin/sh -c set -eux; groupadd -r postgres --gid=999; useradd -r -g postgres postgres # buildkit
  2024-02-13 - ENV PG_MAJOR=16
  2024-02-13 - ENV PG_VERSION=16.2-1.pgdg120+2
  2024-02-13 1kB RUN /bin/sh -c set -ex; apt-get update; apt-get install -y postgresql-$PG_MAJOR=$PG_VERSION # buildkit
  2024-02-13 1kB COPY docker-entrypoint.sh docker-ensure-initdb.sh /usr/local/bin/ # buildkit
  2024-02-13 - ENTRYPOINT ["docker-entrypoint.sh"]
  2024-02-13 - STOPSIGNAL SIGINT
  2024-02-13 - EXPOSE map[5432/tcp:{}]
  2024-02-13 - CMD ["postgres"]`;
const PHP = `${DEBIAN}
  2024-02-01 - ENV PHP_INI_DIR=/usr/local/etc/php
  2024-02-01 1kB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends apache2 # buildkit
  2024-02-01 - ENV PHP_VERSION=8.2.16
  2024-02-01 1kB RUN /bin/sh -c set -eux; savedAptMark="$(apt-mark showmanual)"; apt-get install -y libargon2-dev # buildkit
  2024-02-01 - ENTRYPOINT ["docker-php-entrypoint"]
  2024-02-01 1kB COPY apache2-foreground /usr/local/bin/ # buildkit
  2024-02-01 1kB WORKDIR /var/www/html
  2024-02-01 - EXPOSE map[80/tcp:{}]
  2024-02-01 - CMD ["apache2-foreground"]`;
const UBI = `
  2024-02-01 1kB 
  2024-02-01 1kB `;
const UBI_COMMENT = 'FROM registry.access.redhat.com/ubi9/ubi-minimal:9.3';
const UBI_LABELS = {
  'com.redhat.component': 'ubi9-minimal-container',
  name: 'ubi9-minimal',
  version: '9.3',
  'io.buildah.version': '1.33.0',
};
const APP = '2024-05-05';

testVerdicts('$is', [
  {
    is: 'a database, as published',
    history: POSTGRES,
    expected: { base: 'library/debian:bookworm-slim', distro: 'debian 12', runtime: undefined },
  },
  {
    is: 'an application on that database',
    history: `${POSTGRES}
      ${APP} 1kB COPY init.sql /docker-entrypoint-initdb.d/ # buildkit`,
    expected: { base: 'library/postgres:16', distro: 'debian 12', runtime: undefined },
  },
  {
    is: 'an application on PHP with Apache',
    history: `${PHP}
      ${APP} 1kB COPY src/ /var/www/html/ # buildkit`,
    expected: { base: 'library/php:8.2-apache', distro: 'debian 12', runtime: 'php 8.2.16' },
  },
  {
    is: 'an application whose layers Docker merged, which took minutes',
    history: `${ASPNET}
      2024-03-01T12:00:00 - /bin/sh -c #(nop) COPY dir:ab12 in /app 
      2024-03-01T12:00:00 - /bin/sh -c #(nop)  CMD ["dotnet" "Shop.dll"]
      2024-03-01T12:05:00 1kB `,
    comments: ['merge sha256:ab12 to sha256:cd34'],
    expected: { base: 'mcr.microsoft.com/dotnet/aspnet:8.0', distro: 'debian 12', runtime: 'dotnet 8.0.1' },
  },
  {
    is: 'a Java application on Temurin',
    history: `${TEMURIN}
      ${APP} 1kB COPY build/libs/app.jar /app.jar # buildkit`,
    entrypoint: ['java', '-jar', '/app.jar'],
    expected: { base: 'library/eclipse-temurin:17-jre', distro: 'ubuntu 22.04', runtime: 'java 17.0.10+7' },
  },
  {
    is: '.NET runtime, as published',
    history: DOTNET,
    expected: { base: 'mcr.microsoft.com/dotnet/runtime-deps:8.0', distro: 'debian 12', runtime: 'dotnet 8.0.1' },
  },
  {
    is: 'ASP.NET, as published',
    history: ASPNET,
    expected: { base: 'mcr.microsoft.com/dotnet/runtime:8.0', distro: 'debian 12', runtime: 'dotnet 8.0.1' },
  },
  {
    is: 'an application on ASP.NET, published from a stage',
    history: `${ASPNET}
      ${APP} 1kB WORKDIR /app
      ${APP} 1kB COPY /app/publish . # buildkit
      ${APP} - ENTRYPOINT ["dotnet" "Shop.dll"]`,
    expected: {
      base: 'mcr.microsoft.com/dotnet/aspnet:8.0',
      distro: 'debian 12',
      runtime: 'dotnet 8.0.1',
      multiStage: 'yes',
    },
  },
  {
    is: 'Node.js that the application installed itself',
    history: `${ALPINE}
      ${APP} 1kB RUN /bin/sh -c apk add --no-cache nodejs npm # buildkit
      ${APP} 1kB COPY . /app # buildkit
      ${APP} - CMD ["node" "/app/index.js"]`,
    expected: { base: 'library/alpine:3.19', distro: 'alpine 3.19.1', runtime: 'node', multiStage: 'unknown' },
  },
  {
    is: 'an unknown image with a CMD beneath the application',
    history: `${ALPINE}
      2024-03-01 1kB RUN /bin/sh -c apk add --no-cache dumb-init # buildkit
      2024-03-01 - CMD ["dumb-init" "sh"]
      ${APP} 1kB COPY service /usr/bin/service # buildkit`,
    expected: { base: 'not-in-catalogue', distro: 'alpine 3.19.1', runtime: undefined },
  },
  {
    is: 'a Go binary from a stage on nothing',
    history: `
      ${APP} 1kB COPY /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ # buildkit
      ${APP} 1kB COPY /go/bin/server /server # buildkit
      ${APP} - ENTRYPOINT ["/server"]`,
    expected: { base: 'scratch', distro: undefined, runtime: undefined, multiStage: 'yes' },
  },
  {
    is: 'context paths with a slash prove no stage',
    history: `${ALPINE}
      ${APP} 1kB COPY /config/app.conf /etc/app.conf # buildkit
      ${APP} 1kB COPY src /app # buildkit`,
    expected: { base: 'library/alpine:3.19', distro: 'alpine 3.19.1', runtime: undefined, multiStage: 'unknown' },
  },
  {
    is: 'MySQL on Oracle Linux',
    history: `
      2024-01-18 1kB ADD oraclelinux-9-slim-amd64-rootfs.tar.xz / # buildkit
      2024-01-18 - CMD ["/bin/bash"]
      2024-01-19 - ENV MYSQL_VERSION=8.3.0-1.el9
      2024-01-19 1kB RUN /bin/sh -c set -eux; microdnf install -y "mysql-community-server-minimal-$MYSQL_VERSION" # buildkit
      2024-01-19 - CMD ["mysqld"]`,
    expected: { base: 'library/oraclelinux:9-slim', distro: 'ol 9', runtime: undefined },
  },
  {
    is: 'Erlang on buildpack-deps',
    history: `${DEBIAN_FULL}
      2024-01-24 1kB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates curl gnupg netbase sq wget ; rm -rf /var/lib/apt/lists/* # buildkit
      2024-01-24 1kB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends git mercurial openssh-client subversion procps ; rm -rf /var/lib/apt/lists/* # buildkit
      2024-01-24 1kB RUN /bin/sh -c set -ex; apt-get update; apt-get install -y --no-install-recommends autoconf automake bzip2 dpkg-dev file g++ gcc imagemagick libffi-dev make # buildkit
      2024-02-09 - ENV OTP_VERSION=26.2.2 REBAR3_VERSION=3.22.1
      2024-02-09 1kB RUN /bin/sh -c set -xe && curl -fSL -o otp-src.tar.gz "$OTP_DOWNLOAD_URL" # buildkit
      2024-02-09 - CMD ["erl"]`,
    expected: { base: 'library/buildpack-deps:bookworm', distro: 'debian 12', runtime: 'erlang 26.2.2' },
  },
  {
    is: 'a Universal Base Image, built upon by buildah, which by default makes one layer of a build',
    history: `${UBI}
      ${APP} - /bin/sh -c microdnf install -y java-17-openjdk-headless
      ${APP} - /bin/sh -c #(nop) COPY dir:9f8a129ddccccbd5 in /deployments/ 
      ${APP} 1kB /bin/sh -c #(nop) ENTRYPOINT ["java", "-jar", "/app.jar"]`,
    comments: ['Imported from -', '', '', '', UBI_COMMENT],
    labels: UBI_LABELS,
    expected: {
      base: 'registry.access.redhat.com/ubi9/ubi-minimal:9.3',
      layerCount: 2,
      distro: 'rhel 9',
      runtime: 'java 17',
      multiStage: 'unknown',
    },
  },
  {
    is: 'a Universal Base Image, built upon by buildah',
    history: `${UBI}
      ${APP} 1kB /bin/sh -c microdnf install -y java-17-openjdk-headless
      ${APP} - /bin/sh -c #(nop) ENTRYPOINT ["java", "-jar", "/app.jar"]`,
    comments: ['Imported from -', '', UBI_COMMENT, 'FROM 0b5d1aafc2c1'],
    labels: UBI_LABELS,
    expected: { base: 'registry.access.redhat.com/ubi9/ubi-minimal:9.3', distro: 'rhel 9', runtime: 'java 17' },
  },
  {
    is: 'a Node.js application by buildpacks',
    history: `
      1980-01-01 1kB `,
    entrypoint: ['/cnb/process/web'],
    labels: {
      'io.buildpacks.stack.id': 'io.buildpacks.stacks.jammy',
      'io.buildpacks.build.metadata':
        '{"buildpacks":[{"id":"paketo-buildpacks/ca-certificates"},{"id":"paketo-buildpacks/node-engine"}]}',
    },
    expected: { base: 'no-history', distro: 'ubuntu 22.04', runtime: 'node' },
  },
  {
    is: 'an application on a database, as old builders worded it',
    history: `
      2019-08-14 27MB /bin/sh -c #(nop) ADD file:0b5d1aafc2c1 in / 
      2019-08-14 - /bin/sh -c #(nop)  CMD ["bash"]
      2019-08-15 1kB /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates wget
      2019-08-15 - /bin/sh -c #(nop)  ENV MYSQL_VERSION=5.7.27-1debian9
      2019-08-15 1kB /bin/sh -c apt-get update && apt-get install -y mysql-server=$MYSQL_VERSION
      2019-08-15 - /bin/sh -c #(nop)  CMD ["mysqld"]
      ${APP} 1kB /bin/sh -c #(nop) COPY file:4f0352e89a2a in /docker-entrypoint-initdb.d/ `,
    expected: { base: 'library/mysql', distro: 'debian 9', runtime: undefined },
  },
  {
    is: 'compilers that an application installed are no stage of buildpack-deps',
    history: `${DEBIAN_FULL}
      ${APP} 1kB RUN /bin/sh -c apt-get update && apt-get install -y g++ gcc file make # buildkit
      ${APP} 1kB COPY . /src # buildkit`,
    expected: { base: 'library/debian:bookworm', distro: 'debian 12', runtime: undefined },
  },
  {
    is: 'Node.js by its tarball on Ubuntu is not the official image',
    history: `${UBUNTU}
      ${APP} - ENV NODE_VERSION=20.11.0
      ${APP} 1kB RUN /bin/sh -c curl -fsSL https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz | tar -xJ # buildkit`,
    expected: { base: 'library/ubuntu:22.04', distro: 'ubuntu 22.04', runtime: 'node 20.11.0' },
  },
  {
    is: 'a Windows application on Server Core',
    os: 'windows',
    osVersion: '10.0.20348.2322',
    history: `
      2023-12-01 1.5GB Apply image 10.0.20348.2113
      2024-02-10 600MB Install update 10.0.20348.2322
      ${APP} 5kB cmd /S /C #(nop) COPY dir:0f1e in C:/app `,
    expected: {
      base: 'mcr.microsoft.com/windows/servercore:ltsc2022',
      distro: 'windows 10.0.20348.2322',
      runtime: undefined,
    },
  },
]);

test('kaniko keeps --from', () => {
  const step = { line: 'COPY --from=build /out/app /app', day: APP, author: 'kaniko' };
  expect(classifyImage(builtImage({ steps: [step] })).multiStage.value).toBe('yes');
});
