/**
 * Histories of Docker Official Images as docker-library/repo-info lists them (July to September 2026), for listedImage.
 * Long commands are shortened by text that the classifier does not read.
 */

const AMAZON = `
  2026-07-08T20:25:54 63.0MB COPY /rootfs/ / # buildkit
  2026-07-08T20:25:54 - CMD ["/bin/bash"]`;

/** The history of `ubuntu:22.04`. */
export const JAMMY = `
  2026-08-01 - /bin/sh -c #(nop)  ARG RELEASE
  2026-08-01 - /bin/sh -c #(nop)  ARG LAUNCHPAD_BUILD_ARCH
  2026-08-01 - /bin/sh -c #(nop)  LABEL org.opencontainers.image.version=22.04
  2026-08-01 29.5MB /bin/sh -c #(nop) ADD file:8d7d9ca5bcb5b9bd in / 
  2026-08-01 - /bin/sh -c #(nop)  CMD ["/bin/bash"]`;

export const CORRETTO = `${AMAZON}
  2026-07-08T21:11:23 - ARG version=17.0.19.10-1
  2026-07-08T21:11:23 152.7MB RUN |1 version=17.0.19.10-1 /bin/sh -c set -eux && rpm --import corretto.key && curl -fL -o /etc/yum.repos.d/corretto.repo https://yum.corretto.aws/corretto.repo && yum install -y java-17-amazon-corretto-devel-$version && yum clean all # buildkit
  2026-07-08T21:11:23 - ENV LANG=C.UTF-8
  2026-07-08T21:11:23 - ENV JAVA_HOME=/usr/lib/jvm/java-17-amazon-corretto`;
const NOBLE = `
  2026-08-17T13:09:48 - /bin/sh -c #(nop)  ARG RELEASE
  2026-08-17T13:09:48 - /bin/sh -c #(nop)  ARG LAUNCHPAD_BUILD_ARCH
  2026-08-17T13:09:48 - /bin/sh -c #(nop)  LABEL org.opencontainers.image.version=24.04
  2026-08-17T13:09:50 29.8MB /bin/sh -c #(nop) ADD file:cb9335ce6f27399c2b17787739d6675502767c53e0335ded2a5f0d003d996650 in / 
  2026-08-17T13:09:51 - /bin/sh -c #(nop)  CMD ["/bin/bash"]`;
export const TEMURIN = `${NOBLE}
  2026-08-21T18:24:36 - ENV JAVA_HOME=/opt/java/openjdk
  2026-08-21T18:24:36 16.9MB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends curl wget gnupg fontconfig ca-certificates p11-kit tzdata locales # buildkit
  2026-08-21T18:24:36 - ENV JAVA_VERSION=jdk-17.0.20+8
  2026-08-21T18:24:39 47.5MB RUN /bin/sh -c set -eux; BINARY_URL='https://github.com/adoptium/temurin17-binaries/releases/download/jdk-17.0.20%2B8/OpenJDK17U-jre_x64_linux_hotspot_17.0.20_8.tar.gz'; wget -O /tmp/openjdk.tar.gz \${BINARY_URL} # buildkit
  2026-08-21T18:24:39 158B RUN /bin/sh -c set -eux; java --version # buildkit
  2026-08-21T18:24:39 2.5kB COPY --chmod=755 entrypoint.sh /__cacert_entrypoint.sh # buildkit
  2026-08-21T18:24:39 - ENTRYPOINT ["/__cacert_entrypoint.sh"]`;
export const TOMCAT = `${TEMURIN}
  2026-08-21T20:37:00 - ENV CATALINA_HOME=/usr/local/tomcat
  2026-08-21T20:37:00 138B RUN /bin/sh -c mkdir -p "$CATALINA_HOME" # buildkit
  2026-08-21T20:37:00 32B WORKDIR /usr/local/tomcat
  2026-08-21T20:37:00 - ENV TOMCAT_MAJOR=10
  2026-08-21T20:37:00 - ENV TOMCAT_VERSION=10.1.59
  2026-08-21T20:37:00 14.4MB COPY /usr/local/tomcat /usr/local/tomcat # buildkit
  2026-08-21T20:37:04 225kB RUN /bin/sh -c set -eux; apt-get update; xargs -rt apt-get install -y --no-install-recommends < "$TOMCAT_NATIVE_LIBDIR/.dependencies.txt" # buildkit
  2026-08-21T20:37:05 - EXPOSE map[8080/tcp:{}]
  2026-08-21T20:37:05 - ENTRYPOINT []
  2026-08-21T20:37:05 - CMD ["catalina.sh" "run"]`;
export const UBI_LABELS = {
  maintainer: 'Red Hat, Inc.',
  'com.redhat.component': 'ubi9-minimal-container',
  name: 'ubi9/ubi-minimal',
  version: '9.8',
  cpe: 'cpe:/a:redhat:enterprise_linux:9::appstream',
  'io.buildah.version': '1.41.4',
};
export const UBI = `
  2026-08-05T05:12:12 - /bin/sh -c #(nop) LABEL maintainer="Red Hat, Inc."
  2026-08-05T05:12:12 - /bin/sh -c #(nop) LABEL com.redhat.component="ubi9-minimal-container"       name="ubi9/ubi-minimal"       version="9.8"
  2026-08-05T05:12:12 - /bin/sh -c #(nop) ENV container=oci
  2026-08-05T05:12:13 40.7MB /bin/sh -c #(nop) COPY dir:566bd7ceef314001d2d4000252aedc98335cb96737e8ca003268a81789b22de2 in /      
  2026-08-05T05:12:13 - /bin/sh -c #(nop) COPY file:1376702515d596f414e3aa494e0daa6d408a6d2475c4aeca96bf9392f5287f69 in /etc/yum.repos.d/.      
  2026-08-05T05:12:13 - /bin/sh -c #(nop) CMD ["/bin/bash"]
  2026-08-05T05:12:13 - /bin/sh -c #(nop) COPY dir:f9035c16287ce6eab77e9c51b8fb202e226cae36f96964d20bdabe9900031efc in /usr/share/buildinfo/      
  2026-08-05T05:12:13 - /bin/sh -c #(nop) COPY dir:f9035c16287ce6eab77e9c51b8fb202e226cae36f96964d20bdabe9900031efc in /root/buildinfo/      
  2026-08-05T05:12:13 - /bin/sh -c #(nop) LABEL "org.opencontainers.image.created"="2026-08-05T05:11:46Z" "build-date"="2026-08-05T05:11:46Z" "architecture"="x86_64"`;
export const TRIXIE_SLIM = `
  2026-08-24T00:00:00 29.8MB RUN # debian.sh --arch 'amd64' out/ 'trixie' '@1787529600'`;
export const PHP = `${TRIXIE_SLIM}
  2026-08-25T00:36:23 225B RUN /bin/sh -c set -eux; { echo 'Package: php*'; echo 'Pin: release *'; } > /etc/apt/preferences.d/no-debian-php # buildkit
  2026-08-25T00:36:38 - ENV PHPIZE_DEPS=autoconf dpkg-dev file g++ gcc libc-dev make pkg-config re2c
  2026-08-25T00:36:38 117.8MB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends $PHPIZE_DEPS ca-certificates curl xz-utils ; apt-get dist-clean # buildkit
  2026-08-25T00:36:38 - ENV PHP_INI_DIR=/usr/local/etc/php
  2026-08-25T00:36:44 4.2MB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends apache2 # buildkit
  2026-08-25T00:36:44 - ENV PHP_VERSION=8.3.33
  2026-08-25T00:39:17 11.7MB RUN /bin/sh -c set -eux; apt-get install -y --no-install-recommends apache2-dev libargon2-dev; ./configure --with-apxs2; make -j "$(nproc)" # buildkit
  2026-08-25T00:39:18 2.5kB COPY docker-php-ext-* docker-php-entrypoint /usr/local/bin/ # buildkit
  2026-08-25T00:39:18 - ENTRYPOINT ["docker-php-entrypoint"]
  2026-08-25T00:39:18 889B COPY apache2-foreground /usr/local/bin/ # buildkit
  2026-08-25T00:39:18 32B WORKDIR /var/www/html
  2026-08-25T00:39:18 - EXPOSE map[80/tcp:{}]
  2026-08-25T00:39:18 - CMD ["apache2-foreground"]`;
export const ORACLE = `
  2026-09-11T23:24:06 47.9MB ADD oraclelinux-9-slim-amd64-rootfs.tar.xz / # buildkit
  2026-09-11T23:24:06 - CMD ["/bin/bash"]`;
export const ALPINE = `
  2026-08-14T19:22:10 3.9MB ADD alpine-minirootfs-3.24.2-x86_64.tar.gz / # buildkit
  2026-08-14T19:22:10 - CMD ["/bin/sh"]`;
export const ARCH = `
  2026-08-24T18:03:15 - LABEL org.opencontainers.image.title=Arch Linux base Image
  2026-08-24T18:03:15 - LABEL org.opencontainers.image.version=20260823.0.578598
  2026-08-24T18:03:15 133.2MB COPY /rootfs/ / # buildkit
  2026-08-24T18:03:17 8.7kB RUN /bin/sh -c ldconfig && sed -i '/BUILD_ID/a VERSION_ID=20260823.0.578598' /etc/os-release # buildkit
  2026-08-24T18:03:17 - ENV LANG=C.UTF-8
  2026-08-24T18:03:17 - CMD ["/usr/bin/bash"]`;
export const ARCH_LABELS = { 'org.opencontainers.image.title': 'Arch Linux base Image' };
export const FEDORA = `
  2026-08-26T18:36:01 - LABEL maintainer=Clement Verna <cverna@fedoraproject.org>
  2026-08-26T18:36:01 - ENV DISTTAG=f44container FGC=f44 FBR=f44
  2026-08-26T18:36:01 69.4MB ADD fedora-20260826.tar / # buildkit
  2026-08-26T18:36:01 - CMD ["/bin/bash"]`;
export const FEDORA_LABELS = { maintainer: 'Clement Verna <cverna@fedoraproject.org>' };
