import { describe, expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { type ListedImage, listedImage } from '../../support/listed-image.ts';
import {
  ALPINE,
  ARCH,
  ARCH_LABELS,
  CORRETTO,
  FEDORA,
  FEDORA_LABELS,
  ORACLE,
  PHP,
  TEMURIN,
  TOMCAT,
  TRIXIE_SLIM,
  UBI,
  UBI_LABELS,
} from '../../support/official-histories.ts';
import { summaryOf } from '../../support/verdict-summary.ts';

interface Case extends ListedImage {
  readonly is: string;
  /** Names that the base may be given; an unknown one gives its reason. */
  readonly base: readonly string[];
  readonly distro?: string;
  readonly runtime?: string;
  readonly multiStage?: true;
}

const APP = `
  2026-09-15T08:00:00 120B WORKDIR /app
  2026-09-15T08:00:00 20MB COPY . . # buildkit`;

const cases: readonly Case[] = [
  { is: 'fedora', history: FEDORA, labels: FEDORA_LABELS, base: ['scratch'], distro: 'fedora 44' },
  {
    is: 'an application on fedora',
    history: FEDORA + APP,
    labels: FEDORA_LABELS,
    base: ['library/fedora:44'],
    distro: 'fedora 44',
  },
  {
    is: 'archlinux',
    multiStage: true,
    history: ARCH,
    labels: ARCH_LABELS,
    base: ['scratch'],
    distro: 'arch',
  },
  {
    is: 'an application on archlinux',
    history: ARCH + APP,
    labels: ARCH_LABELS,
    base: ['library/archlinux'],
    distro: 'arch',
  },
  {
    is: 'photon',
    history: `
      2026-07-28T20:50:28 19.5MB ADD photon-rootfs-5.0-deb740b97.x86_64.tar.gz / # buildkit
      2026-07-28T20:50:28 - LABEL name=Photon OS x86_64/5.0 Base Image vendor=VMware build-date=20260727
      2026-07-28T20:50:28 - CMD ["/bin/bash"]`,
    base: ['scratch'],
    distro: 'photon 5.0',
  },
  {
    is: 'clearlinux, which no word names',
    history: `
      2021-03-09T00:22:54 - /bin/sh -c #(nop)  MAINTAINER William Douglas <william.douglas@intel.com>
      2023-01-23T19:23:28 90.4MB /bin/sh -c #(nop) ADD file:9ec36c9fbba5da87ae57ee3f673c9302839fdd07bc62136941ad0410905e6f0b in / 
      2023-01-23T19:23:29 218B /bin/sh -c cd /etc && grep root /usr/share/defaults/etc/passwd > /etc/passwd
      2023-01-23T19:23:29 - /bin/sh -c #(nop)  CMD ["/bin/bash"]`,
    base: ['scratch'],
  },
  {
    is: 'amazoncorretto',
    history: CORRETTO,
    base: ['library/amazonlinux:2023', 'library/amazonlinux'],
    distro: 'amzn',
    runtime: 'java 17',
  },
  {
    is: 'maven on amazoncorretto',
    multiStage: true,
    history: `${CORRETTO}
      2026-07-08T22:13:47 184.1MB RUN /bin/sh -c yum install -y tar which gzip # buildkit
      2026-07-08T22:13:55 - LABEL org.opencontainers.image.title=Apache Maven
      2026-07-08T22:13:55 - ENV MAVEN_HOME=/usr/share/maven
      2026-07-08T22:13:55 9.4MB COPY /usr/share/maven /usr/share/maven # buildkit
      2026-07-08T22:13:55 850B COPY /usr/local/bin/mvn-entrypoint.sh /usr/local/bin/mvn-entrypoint.sh # buildkit
      2026-07-08T22:13:55 - ENTRYPOINT ["/usr/local/bin/mvn-entrypoint.sh"]
      2026-07-08T22:13:55 - CMD ["mvn"]`,
    base: ['library/amazoncorretto:17'],
    distro: 'amzn',
    runtime: 'java 17',
  },
  {
    is: 'tomcat',
    multiStage: true,
    history: TOMCAT,
    base: ['library/eclipse-temurin:17-jre'],
    distro: 'ubuntu 24.04',
    runtime: 'java 17.0.20+8',
  },
  {
    is: 'an application on tomcat',
    multiStage: true,
    history: `${TOMCAT}
      2026-09-15T08:00:00 60MB COPY target/shop.war /usr/local/tomcat/webapps/ # buildkit`,
    base: ['library/tomcat:10', 'library/tomcat'],
    distro: 'ubuntu 24.04',
    runtime: 'java 17.0.20+8',
  },
  {
    is: 'eclipse-temurin on a Universal Base Image',
    history: `${UBI}
      2026-08-05T18:15:05 - ENV JAVA_HOME=/opt/java/openjdk
      2026-08-05T18:15:05 27.7MB RUN /bin/sh -c set -eux; microdnf install -y gzip tar binutils tzdata wget ; microdnf clean all # buildkit
      2026-08-05T18:15:05 - ENV JAVA_VERSION=jdk-17.0.19+10
      2026-08-05T18:15:07 47.6MB RUN /bin/sh -c set -eux; wget -O /tmp/openjdk.tar.gz OpenJDK17U-jre_x64_linux_hotspot_17.0.19_10.tar.gz # buildkit
      2026-08-05T18:15:08 2.3kB COPY --chmod=755 entrypoint.sh /__cacert_entrypoint.sh # buildkit
      2026-08-05T18:15:08 - ENTRYPOINT ["/__cacert_entrypoint.sh"]`,
    labels: UBI_LABELS,
    base: ['registry.access.redhat.com/ubi9/ubi-minimal:9.8'],
    distro: 'rhel 9',
    runtime: 'java 17.0.19+10',
  },
  {
    is: 'a Universal Base Image',
    history: UBI,
    labels: UBI_LABELS,
    base: ['squashed'],
    distro: 'rhel 9',
  },
  {
    is: 'wordpress',
    history: `${PHP}
      2026-08-25T01:36:14 33.0MB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ghostscript # buildkit
      2026-08-25T01:37:34 25MB RUN /bin/sh -c set -eux; version='7.1'; curl -o wordpress.tar.gz -fL "https://wordpress.org/wordpress-$version.tar.gz" # buildkit
      2026-08-25T01:37:34 2kB COPY --chown=www-data:www-data wp-config-docker.php /usr/src/wordpress/ # buildkit
      2026-08-25T01:37:34 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-08-25T01:37:34 - CMD ["apache2-foreground"]`,
    base: ['library/php:8.3-apache'],
    distro: 'debian 13',
    runtime: 'php 8.3.33',
  },
  {
    is: 'mysql',
    history: `${ORACLE}
      2026-09-12T00:08:53 882B RUN /bin/sh -c set -eux; groupadd --system --gid 999 mysql # buildkit
      2026-09-12T00:08:55 - ENV GOSU_VERSION=1.19
      2026-09-12T00:09:30 6.2MB RUN /bin/sh -c set -eux; microdnf install -y bzip2 gzip openssl # buildkit
      2026-09-12T00:09:31 - ENV MYSQL_MAJOR=8.4
      2026-09-12T00:09:31 - ENV MYSQL_VERSION=8.4.11-1.el9
      2026-09-12T00:10:09 51.6MB RUN /bin/sh -c set -eux; microdnf install -y "mysql-community-server-minimal-$MYSQL_VERSION" # buildkit
      2026-09-12T00:10:55 5.2kB COPY docker-entrypoint.sh /usr/local/bin/ # buildkit
      2026-09-12T00:10:55 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-09-12T00:10:55 - CMD ["mysqld"]`,
    base: ['library/oraclelinux:9-slim'],
    distro: 'ol 9',
  },
  {
    is: 'cassandra, with a Java from another image',
    multiStage: true,
    history: `
      2026-07-13T00:00:00 28.2MB RUN # debian.sh --arch 'amd64' out/ 'bookworm' '@1783900800'
      2026-07-16T01:20:55 1.1kB RUN /bin/sh -c set -eux; groupadd -r cassandra --gid=999; useradd -r -g cassandra --uid=999 cassandra # buildkit
      2026-07-16T01:21:01 18.1MB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends libjemalloc2 procps python3 iproute2 numactl # buildkit
      2026-07-16T01:21:10 - ENV GOSU_VERSION=1.19
      2026-07-16T01:21:10 - ENV JAVA_HOME=/opt/java/openjdk
      2026-07-16T01:21:54 47.3MB COPY /opt/java/openjdk /opt/java/openjdk # buildkit
      2026-07-16T01:21:54 128B RUN /bin/sh -c java --version # buildkit
      2026-07-16T01:21:54 - ENV CASSANDRA_VERSION=4.1.11
      2026-07-16T01:22:14 54.2MB RUN /bin/sh -c set -eux; apt-get install -y --no-install-recommends ca-certificates gnupg wget; cassandra -v # buildkit
      2026-07-16T01:22:14 1.2kB COPY docker-entrypoint.sh /usr/local/bin/ # buildkit
      2026-07-16T01:22:14 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-07-16T01:22:14 - CMD ["cassandra" "-f"]`,
    base: ['library/debian:bookworm-slim'],
    distro: 'debian 12',
    runtime: 'java',
  },
  {
    is: 'ghost on node',
    history: `${TRIXIE_SLIM}
      2026-08-25T01:00:00 4kB RUN /bin/sh -c groupadd --gid 1000 node && useradd --uid 1000 --gid node node # buildkit
      2026-08-25T01:00:00 - ENV NODE_VERSION=22.23.3
      2026-08-25T01:00:10 50MB RUN /bin/sh -c ARCH= OPENSSL_ARCH= && curl -fsSLO https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz # buildkit
      2026-08-25T01:00:20 - ENV YARN_VERSION=1.22.22
      2026-08-25T01:00:20 2MB RUN /bin/sh -c set -ex && curl -fsSLO yarn.tar.gz # buildkit
      2026-08-25T01:00:20 450B COPY docker-entrypoint.sh /usr/local/bin/ # buildkit
      2026-08-25T01:00:20 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-08-25T01:00:20 - CMD ["node"]
      2026-08-26T03:00:00 - ENV GOSU_VERSION=1.19
      2026-08-26T03:00:10 1MB RUN /bin/sh -c set -eux; wget -O /usr/local/bin/gosu # buildkit
      2026-08-26T03:00:10 - ENV NODE_ENV=production
      2026-08-26T03:01:10 20MB RUN /bin/sh -c set -eux; npm install -g "ghost-cli@$GHOST_CLI_VERSION" # buildkit
      2026-08-26T03:01:10 - ENV GHOST_VERSION=6.4.0
      2026-08-26T03:03:10 200MB RUN /bin/sh -c set -eux; gosu node ghost install "$GHOST_VERSION" --db mysql --no-prompt # buildkit
      2026-08-26T03:03:10 32B WORKDIR /var/lib/ghost
      2026-08-26T03:03:10 1kB COPY docker-entrypoint.sh /usr/local/bin # buildkit
      2026-08-26T03:03:10 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-08-26T03:03:10 - CMD ["node" "current/index.js"]`,
    base: ['library/node:22-trixie-slim', 'library/node:22-slim'],
    distro: 'debian 13',
    runtime: 'node 22.23.3',
  },
  {
    is: 'traefik',
    history: `${ALPINE}
      2026-08-20T10:00:00 4MB RUN /bin/sh -c apk --no-cache add ca-certificates tzdata # buildkit
      2026-08-20T10:00:10 45MB RUN /bin/sh -c set -ex; apkArch="$(apk --print-arch)"; wget --quiet -O /tmp/traefik.tar.gz https://github.com/traefik/traefik/releases/download/v3.6.1/traefik.tar.gz # buildkit
      2026-08-20T10:00:10 500B COPY entrypoint.sh / # buildkit
      2026-08-20T10:00:10 - ENTRYPOINT ["/entrypoint.sh"]
      2026-08-20T10:00:10 - CMD ["traefik"]`,
    base: ['library/alpine:3.24'],
    distro: 'alpine 3.24.2',
  },
  {
    is: 'composer on php',
    multiStage: true,
    history: `${ALPINE}
      2026-08-25T00:36:23 - ENV PHPIZE_DEPS=autoconf dpkg-dev dpkg file g++ gcc libc-dev make pkgconf re2c
      2026-08-25T00:36:30 4MB RUN /bin/sh -c apk add --no-cache ca-certificates curl openssl tar xz # buildkit
      2026-08-25T00:36:44 - ENV PHP_VERSION=8.4.12
      2026-08-25T00:39:17 20MB RUN /bin/sh -c set -eux; apk add --no-cache --virtual .build-deps $PHPIZE_DEPS; make # buildkit
      2026-08-25T00:39:18 2.5kB COPY docker-php-ext-* docker-php-entrypoint /usr/local/bin/ # buildkit
      2026-08-25T00:39:18 - ENTRYPOINT ["docker-php-entrypoint"]
      2026-08-25T00:39:18 - CMD ["php" "-a"]
      2026-08-25T02:00:00 60MB RUN /bin/sh -c set -eux ; apk add --no-cache --virtual .composer-rundeps 7zip bash coreutils git make patch # buildkit
      2026-08-25T02:00:10 - ENV COMPOSER_VERSION=2.9.1
      2026-08-25T02:00:20 3MB COPY /usr/bin/composer /usr/bin/composer # buildkit
      2026-08-25T02:00:20 1kB COPY docker-entrypoint.sh /docker-entrypoint.sh # buildkit
      2026-08-25T02:00:20 32B WORKDIR /app
      2026-08-25T02:00:20 - ENTRYPOINT ["/docker-entrypoint.sh"]
      2026-08-25T02:00:20 - CMD ["composer"]`,
    base: ['library/php:8.4-alpine', 'library/php:8.4-cli-alpine'],
    distro: 'alpine 3.24.2',
    runtime: 'php 8.4.12',
  },
  {
    is: 'flink, whose build begins a quarter of an hour after that of eclipse-temurin',
    history: `${TEMURIN}
      2026-08-21T18:38:30 1.3MB RUN /bin/sh -c set -ex; apt-get update; apt-get -y install gpg libsnappy1v5 gettext-base libjemalloc-dev; rm -rf /var/lib/apt/lists/* # buildkit
      2026-08-21T18:38:30 - ENV FLINK_HOME=/opt/flink
      2026-08-21T18:38:30 1.2kB RUN /bin/sh -c groupadd --system --gid=9999 flink && useradd --system --home-dir $FLINK_HOME --uid=9999 --gid=flink flink # buildkit
      2026-08-21T18:38:30 115B WORKDIR /opt/flink
      2026-08-21T18:38:43 605.6MB RUN /bin/sh -c set -ex; wget -nv -O flink.tgz "$FLINK_TGZ_URL"; tar -xf flink.tgz --strip-components=1 # buildkit
      2026-08-21T18:38:43 - USER flink
      2026-08-21T18:38:43 2.2kB COPY docker-entrypoint.sh / # buildkit
      2026-08-21T18:38:43 - ENTRYPOINT ["/docker-entrypoint.sh"]
      2026-08-21T18:38:43 - EXPOSE map[6123/tcp:{} 8081/tcp:{}]
      2026-08-21T18:38:43 - CMD ["help"]`,
    base: ['library/eclipse-temurin:17-jre-noble'],
    distro: 'ubuntu 24.04',
    runtime: 'java 17.0.20+8',
  },
  {
    is: 'r-base on what Debian tests',
    history: `
      2026-08-24T00:00:00 49.7MB # debian.sh --arch 'amd64' out/ 'testing' '@1787529600'
      2026-08-25T01:55:24 - LABEL org.opencontainers.image.vendor=Rocker Project
      2026-08-25T01:55:24 3.3kB RUN /bin/sh -c useradd -s /bin/bash -m docker && usermod -a -G staff docker # buildkit
      2026-08-25T01:55:30 27.2MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ed less locales vim-tiny wget ca-certificates # buildkit
      2026-08-25T01:55:31 421B RUN /bin/sh -c echo "Suites: sid" >> /etc/apt/sources.list.d/debian-unstable.sources && echo 'APT::Default-Release "testing";' > /etc/apt/apt.conf.d/default # buildkit
      2026-08-25T01:55:31 - ENV R_BASE_VERSION=4.6.1
      2026-08-25T01:56:28 691MB RUN /bin/sh -c apt-get update && apt-get install -y -t unstable --no-install-recommends r-base=\${R_BASE_VERSION}-* # buildkit
      2026-08-25T01:56:28 - CMD ["R"]`,
    base: ['library/debian:testing'],
    distro: 'debian',
  },
  {
    is: 'debian, the stable one of its day',
    history: `
      2026-08-03T00:00:00 29.8MB # debian.sh --arch 'amd64' out/ 'stable' '@1785715200'`,
    cmd: ['bash'],
    base: ['scratch'],
    distro: 'debian 13',
  },
  {
    is: 'an application on the oldstable of 2023',
    history: `
      2023-01-09T00:00:00 27MB # debian.sh --arch 'amd64' out/ 'oldstable' '@1673222400'${APP}`,
    base: ['library/debian:oldstable-slim'],
    distro: 'debian 10',
  },
  {
    is: 'rc-buggy, a list of packages on sid',
    history: `
      2026-08-03T00:00:00 49.4MB # debian.sh --arch 'amd64' out/ 'sid' '@1785715200'
      2026-08-05T00:15:25 225B RUN /bin/sh -c echo 'deb http://deb.debian.org/debian rc-buggy main' > /etc/apt/sources.list.d/experimental.list # buildkit`,
    cmd: ['bash'],
    base: ['library/debian:sid'],
    distro: 'debian',
  },
  {
    is: 'Scientific Linux, by its label',
    history: `
      2023-01-03T20:20:40 71.4MB /bin/sh -c #(nop) ADD file:25a5d0279d0e7536e817c57682a90dafd9706a541b6844c6123e78399f315e2b in / 
      2023-01-03T20:20:40 - /bin/sh -c #(nop)  LABEL name=SL7 Base Image vendor=Scientific Linux build-date=20230103
      2023-01-03T20:20:40 - /bin/sh -c #(nop)  CMD ["/bin/bash"]`,
    labels: { name: 'SL7 Base Image', vendor: 'Scientific Linux' },
    base: ['scratch'],
    distro: 'scientific 7',
  },
  {
    is: 'rabbitmq, whose Erlang another stage built',
    multiStage: true,
    history: `${ALPINE}
      2026-09-15T22:46:51 - ENV ERLANG_INSTALL_PATH_PREFIX=/opt/erlang
      2026-09-15T22:46:51 42.7MB COPY /opt/erlang /opt/erlang # buildkit
      2026-09-15T22:46:51 9.2MB COPY /opt/openssl /opt/openssl # buildkit
      2026-09-15T22:46:53 2.5MB RUN /bin/sh -c set -eux; apk add --no-cache --virtual .otp-run-deps $runDeps; erl -noshell -eval 'ok = crypto:start(), init:stop().' # buildkit
      2026-09-15T22:46:53 - ENV RABBITMQ_VERSION=4.3.6
      2026-09-15T22:46:58 26.3MB RUN /bin/sh -c set -eux; apk add --no-cache --virtual .build-deps gnupg xz; apk del --no-network .build-deps # buildkit
      2026-09-15T22:46:59 830B COPY docker-entrypoint.sh /usr/local/bin/ # buildkit
      2026-09-15T22:46:59 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-09-15T22:46:59 - CMD ["rabbitmq-server"]`,
    base: ['library/alpine:3.24'],
    distro: 'alpine 3.24.2',
    runtime: 'erlang',
  },
  {
    is: 'nginx with Perl, two minutes after nginx',
    history: `${TRIXIE_SLIM}
      2026-09-02T21:04:32 - ENV NGINX_VERSION=1.31.5
      2026-09-02T21:04:32 - ENV NJS_VERSION=1.0.1
      2026-09-02T21:04:32 - ENV PKG_RELEASE=1~trixie
      2026-09-02T21:04:32 36.5MB RUN /bin/sh -c set -x && groupadd --system --gid 101 nginx && apt-get update && apt-get install --no-install-recommends --no-install-suggests -y nginx=\${NGINX_VERSION}-\${PKG_RELEASE} # buildkit
      2026-09-02T21:04:32 629B COPY docker-entrypoint.sh / # buildkit
      2026-09-02T21:04:32 - ENTRYPOINT ["/docker-entrypoint.sh"]
      2026-09-02T21:04:32 - EXPOSE map[80/tcp:{}]
      2026-09-02T21:04:32 - STOPSIGNAL SIGQUIT
      2026-09-02T21:04:32 - CMD ["nginx" "-g" "daemon off;"]
      2026-09-02T21:06:53 12.2MB RUN /bin/sh -c set -x; apt-get update && apt-get install --no-install-recommends --no-install-suggests -y nginx-module-perl=\${NGINX_VERSION}-\${DYNPKG_RELEASE} # buildkit`,
    base: ['library/nginx:1.31-trixie'],
    distro: 'debian 13',
    runtime: 'nginx 1.31.5',
  },
  {
    is: 'pypy, which counts its own versions',
    history: `
      2026-07-13T00:00:00 29.8MB # debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'
      2026-07-14T01:58:36 1.2MB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates # buildkit
      2026-07-14T01:59:19 - ENV PYPY_VERSION=7.3.23
      2026-07-14T01:59:19 37.8MB RUN /bin/sh -c set -eux; url='https://downloads.python.org/pypy/pypy3.11-v7.3.23-linux64.tar.bz2'; wget -O pypy.tar.bz2 "$url"; pypy3 --version # buildkit
      2026-07-14T01:59:19 - CMD ["pypy3"]`,
    base: ['library/debian:trixie-slim'],
    distro: 'debian 13',
    runtime: 'python 3.11',
  },
  {
    is: 'an application on jetty, which changes the user',
    history: `${TEMURIN}
      2026-08-21T19:03:13 - ENV JETTY_VERSION=12.1.13
      2026-08-21T19:03:13 - ENV JETTY_BASE=/var/lib/jetty
      2026-08-21T19:03:13 46.2MB RUN /bin/sh -c set -xe; apt-get update; java -jar "$JETTY_HOME/start.jar" --list-config # buildkit
      2026-08-21T19:03:13 32B WORKDIR /var/lib/jetty
      2026-08-21T19:03:13 1.8kB COPY docker-entrypoint.sh generate-jetty-start.sh / # buildkit
      2026-08-21T19:03:13 - USER jetty
      2026-08-21T19:03:13 - EXPOSE map[8080/tcp:{}]
      2026-08-21T19:03:13 - ENTRYPOINT ["/docker-entrypoint.sh"]
      2026-08-21T19:03:13 - CMD ["java" "-jar" "/usr/local/jetty/start.jar"]${APP}`,
    base: ['library/jetty'],
    distro: 'ubuntu 24.04',
    runtime: 'java 17.0.20+8',
  },
  {
    is: 'an application on maven, which names its version no more',
    history: `${TEMURIN}
      2026-08-21T20:38:24 24.5MB RUN /bin/sh -c apt-get update && apt-get install -y ca-certificates curl git openssh-client --no-install-recommends # buildkit
      2026-08-21T20:38:25 - LABEL org.opencontainers.image.title=Apache Maven
      2026-08-21T20:38:25 - ENV MAVEN_HOME=/usr/share/maven
      2026-08-21T20:38:25 9.4MB COPY /usr/share/maven /usr/share/maven # buildkit
      2026-08-21T20:38:25 851B COPY /usr/local/bin/mvn-entrypoint.sh /usr/local/bin/mvn-entrypoint.sh # buildkit
      2026-08-21T20:38:25 155B RUN /bin/sh -c ln -s \${MAVEN_HOME}/bin/mvn /usr/bin/mvn # buildkit
      2026-08-21T20:38:25 - ARG USER_HOME_DIR=/root
      2026-08-21T20:38:25 - ENV MAVEN_CONFIG=/root/.m2
      2026-08-21T20:38:25 - ENTRYPOINT ["/usr/local/bin/mvn-entrypoint.sh"]
      2026-08-21T20:38:25 - CMD ["mvn"]${APP}`,
    base: ['library/maven'],
    distro: 'ubuntu 24.04',
    runtime: 'java 17.0.20+8',
  },
  {
    is: 'an application on the edge of Alpine, whose archive is named by its day',
    history: `
      2026-08-06T18:10:29 3.9MB ADD alpine-minirootfs-20260805-x86_64.tar.gz / # buildkit
      2026-08-06T18:10:29 - CMD ["/bin/sh"]${APP}`,
    base: ['library/alpine:edge'],
    distro: 'alpine',
  },
  {
    is: 'mariadb, whose label still names the base before this one',
    history: `
      2026-08-17T10:00:28 - LABEL com.redhat.component=ubi10-minimal-container name=ubi10/ubi-minimal version=10.2
      2026-08-17T10:00:29 - ENV container oci
      2026-08-17T10:00:29 34.9MB COPY dir:e1c00668e831c6f7c1c82890c3ff2aa86777926f6fcef54ed840b79618da399c in /      
      2026-08-17T10:00:30 - CMD ["/bin/bash"]
      2026-08-17T22:38:41 4.8kB RUN /bin/sh -c microdnf install -y shadow-utils && groupadd --gid 999 -r mysql # buildkit
      2026-08-17T22:38:45 - LABEL name=MariaDB Server vendor=MariaDB Community version=12.3.2
      2026-08-17T22:38:45 - LABEL org.opencontainers.image.base.name=docker.io/redhat/ubi9-minimal org.opencontainers.image.version=12.3.2
      2026-08-17T22:38:45 - ENV MARIADB_VERSION=12.3.2
      2026-08-17T22:39:19 117.6MB RUN |1 MARIADB_VERSION=12.3.2 /bin/sh -c set -eux ; microdnf install -y MariaDB-server-galera-\${MARIADB_VERSION} # buildkit
      2026-08-17T22:39:19 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-08-17T22:39:19 - USER mysql
      2026-08-17T22:39:19 - CMD ["mariadbd"]`,
    labels: {
      'com.redhat.component': 'ubi10-minimal-container',
      name: 'MariaDB Server',
      version: '12.3.2',
      'org.opencontainers.image.base.name': 'docker.io/redhat/ubi9-minimal',
      'org.opencontainers.image.version': '12.3.2',
    },
    env: ['MARIADB_VERSION=12.3.2'],
    entrypoint: ['docker-entrypoint.sh'],
    cmd: ['mariadbd'],
    base: ['registry.access.redhat.com/ubi10/ubi-minimal'],
    distro: 'rhel 10',
  },
  {
    is: 'crate on AlmaLinux Kitten, whose Python is for its shell alone',
    history: `
      2026-09-02T21:53:17 68MB ADD almalinux-10-kitten-default-amd64.tar.xz / # buildkit
      2026-09-02T21:53:17 - CMD ["/bin/bash"]
      2026-09-21T18:00:29 24MB RUN /bin/sh -c dnf install --nodocs --assumeyes gzip python3 python3-pip     && dnf clean all     && rm -rf /var/cache/yum # buildkit
      2026-09-21T18:00:50 9MB RUN /bin/sh -c python3 -m pip install 'crash==0.32.0' # buildkit
      2026-09-21T18:00:50 - WORKDIR /data
      2026-09-21T18:00:50 2kB COPY docker-entrypoint.sh / # buildkit
      2026-09-21T18:00:50 - ENTRYPOINT ["/docker-entrypoint.sh"]
      2026-09-21T18:00:50 - CMD ["crate"]`,
    base: ['library/almalinux:10-kitten'],
    distro: 'almalinux 10',
  },
  {
    is: 'the shell alone, started by its name',
    history: `
      2026-09-02T21:53:17 38MB ADD almalinux-10-minimal-amd64.tar.xz / # buildkit
      2026-09-02T21:53:17 - CMD ["/bin/bash"]
      2026-09-21T18:00:29 24MB RUN /bin/sh -c microdnf install --nodocs --assumeyes python3 python3-pip # buildkit
      2026-09-21T18:00:50 9MB RUN /bin/sh -c python3 -m pip install 'crash==0.32.0' # buildkit
      2026-09-21T18:00:50 - ENTRYPOINT ["crash"]`,
    base: ['library/almalinux:10-minimal'],
    distro: 'almalinux 10',
    runtime: 'python',
  },
  {
    is: 'nats, a binary on nothing',
    history: `
      2026-08-20T10:00:10 16MB COPY /usr/local/bin/nats-server /nats-server # buildkit
      2026-08-20T10:00:10 1kB COPY nats-server.conf /nats-server.conf # buildkit
      2026-08-20T10:00:10 - EXPOSE map[4222/tcp:{}]
      2026-08-20T10:00:10 - ENTRYPOINT ["/nats-server"]
      2026-08-20T10:00:10 - CMD ["--config" "nats-server.conf"]`,
    base: ['scratch'],
    multiStage: true,
  },
];

describe.each(cases)('$is', (image) => {
  const verdict = classifyImage(listedImage(image));

  test('base image', () => {
    expect(summaryOf(verdict).base.filter((name) => image.base.includes(name))).not.toEqual([]);
  });

  test('distribution and runtime', () => {
    const { distro, runtime } = summaryOf(verdict);
    expect({ distro, runtime }).toEqual({ distro: image.distro, runtime: image.runtime });
  });

  test('stages are never judged wrongly', () => {
    expect(['unknown', image.multiStage ? 'yes' : 'no']).toContain(verdict.multiStage.value);
  });
});
