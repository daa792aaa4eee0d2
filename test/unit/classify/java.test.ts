import { ALPINE, JAMMY, TEMURIN } from '../../support/official-histories.ts';
import { type ExpectedImage, testVerdicts } from '../../support/verdict-summary.ts';

// Java has more vendors, and more places for its version, than any other runtime.

const APP = '2026-10-15T08:00:00';
const JAR = `
  ${APP} 30MB COPY target/app.jar /app.jar # buildkit
  ${APP} - ENTRYPOINT ["java" "-jar" "/app.jar"]`;
const STARTS_JAVA = ['java', '-jar', '/app.jar'];
const DEBIAN = `
  2026-08-01 48MB # debian.sh --arch 'amd64' out/ 'bookworm' '@1785542400'`;
const OPENJDK = `
  2026-08-01 40MB ADD oraclelinux-8-slim-amd64-rootfs.tar.xz / # buildkit
  2026-08-01 - CMD ["/bin/bash"]
  2026-08-03 40MB RUN /bin/sh -c set -eux; microdnf install gzip tar binutils freetype fontconfig # buildkit
  2026-08-03 - ENV JAVA_HOME=/usr/java/openjdk-17
  2026-08-03 - ENV JAVA_VERSION=17.0.2
  2026-08-03 180MB RUN /bin/sh -c set -eux; curl -fL -o openjdk.tgz https://download.java.net/java/GA/jdk17.0.2/openjdk-17.0.2_linux-x64_bin.tar.gz # buildkit
  2026-08-03 - CMD ["jshell"]`;
const javaOnUbuntu = (version: string) => `${JAMMY}
  2026-08-20 17MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends tzdata curl ca-certificates # buildkit
  2026-08-20 - ENV JAVA_VERSION=${version}
  2026-08-20 47MB RUN /bin/sh -c set -eux; curl -LfsSo /tmp/openjdk.tar.gz $BINARY_URL # buildkit
  2026-08-20 - ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:/usr/bin${JAR}`;

/** OrientDB, on Temurin's Java 8, which has no `jshell` to start. */
const orient = (archive: string) => `${JAMMY}
      2026-08-18T19:14:25 - ENV JAVA_HOME=/opt/java/openjdk
      2026-08-18T19:14:25 20.1MB RUN /bin/sh -c set -eux;     apt-get update;     DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends         curl         wget         gnupg         fontconfig         ca-certificates p11-kit         tzdata         locales # buildkit
      2026-08-18T19:14:25 - ENV JAVA_VERSION=jdk8u492-b09
      2026-08-18T19:14:28 55.2MB RUN /bin/sh -c set -eux;     ARCH="$(dpkg --print-architecture)"; ${archive} wget --progress=dot:giga -O /tmp/openjdk.tar.gz # buildkit
      2026-08-18T19:14:29 2.5kB COPY --chmod=755 entrypoint.sh /__cacert_entrypoint.sh # buildkit
      2026-08-18T19:14:29 - ENTRYPOINT ["/__cacert_entrypoint.sh"]
      2026-08-18T20:22:33 - ENV ORIENTDB_VERSION=3.2.55
      2026-08-18T20:22:34 75.5MB RUN |1 ORIENTDB_DOWNLOAD_SERVER= /bin/sh -c mkdir /orientdb && tar -xvzf orientdb-community-$ORIENTDB_VERSION.tar.gz -C /orientdb --strip-components=1 # buildkit
      2026-08-18T20:22:34 - WORKDIR /orientdb
      2026-08-18T20:22:34 - CMD ["server.sh"]`;

const GRAALVM = `
  2026-07-01T00:20:35 50MB ADD oraclelinux-9-slim-amd64-rootfs.tar.xz / # buildkit
  2026-07-01T00:20:35 - CMD ["/bin/bash"]
  2026-07-18T09:20:35 - ENV LANG=en_US.UTF-8 JAVA_HOME=/usr/lib64/graalvm/graalvm-community-java24
  2026-07-18T09:20:35 0.1kB WORKDIR /app
  2026-07-18T09:21:30 300MB RUN /bin/sh -c microdnf install -y graalvm-community-24-jdk && rm -rf /var/cache/yum # buildkit`;

const cases: readonly ExpectedImage[] = [
  {
    is: "Java on IBM's Semeru, which names its version as Temurin does",
    history: javaOnUbuntu('jdk-17.0.13+11_openj9-0.48.0'),
    expected: { base: 'library/ibm-semeru-runtimes', runtime: 'java 17.0.13+11', distro: 'ubuntu 22.04' },
  },
  {
    is: "Java on IBM's Semeru of 2026, whose versions have four parts",
    history: `${JAMMY}
      2026-08-18T19:18:54 12.8MB RUN /bin/sh -c apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends tzdata curl ca-certificates fontconfig locales # buildkit
      2026-08-18T19:18:54 - ENV JAVA_VERSION=8.0.502.0
      2026-08-18T19:18:56 54.4MB RUN /bin/sh -c set -eux; BINARY_URL='https://github.com/ibmruntimes/semeru8-binaries/releases/download/jdk-8.0.502.0/ibm-semeru-open-jre_x64_linux_8.0.502.0.tar.gz'; curl -LfsSo /tmp/openjdk.tar.gz \${BINARY_URL} # buildkit
      2026-08-18T19:18:56 - ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:/usr/bin
      2026-08-18T19:20:02 4.3MB RUN /bin/sh -c set -eux; unset OPENJ9_JAVA_OPTIONS; SCC_SIZE="50m" # buildkit${JAR}`,
    expected: { base: 'library/ibm-semeru-runtimes', runtime: 'java 8.0.502.0', distro: 'ubuntu 22.04' },
  },
  {
    is: "Liberty on IBM's own Java, built two weeks later",
    history: `${JAMMY}
      2026-08-04T01:38:56 - MAINTAINER Jayashree Gopi <jayasg12@in.ibm.com> (@jayasg12)
      2026-08-04T01:38:56 1.4MB RUN /bin/sh -c apt-get update     && apt-get install -y --no-install-recommends wget ca-certificates     && rm -rf /var/lib/apt/lists/* # buildkit
      2026-08-04T01:38:56 - ENV JAVA_VERSION=8.0.8.70
      2026-08-04T01:39:12 137MB RUN /bin/sh -c set -eux; BASE_URL="https://public.dhe.ibm.com/ibmdl/export/pub/systems/cloud/runtimes/java/meta/"; wget -q -U UA_IBM_JAVA_Docker -O /tmp/index.yml \${BASE_URL}/\${YML_FILE} # buildkit
      2026-08-04T01:39:12 - ENV JAVA_HOME=/opt/ibm/java/jre PATH=/opt/ibm/java/jre/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin IBM_JAVA_OPTIONS=-XX:+UseContainerSupport
      2026-08-17T21:21:28 - USER root
      2026-08-17T21:21:28 - ARG LIBERTY_VERSION=26.0.0.8
      2026-08-17T21:21:28 - LABEL org.opencontainers.image.title=IBM WebSphere Liberty
      2026-08-17T21:21:28 - ENV PATH=/opt/ibm/java/jre/bin:/usr/bin:/sbin:/bin:/opt/ibm/wlp/bin
      2026-08-17T21:21:39 18MB RUN |1 LIBERTY_VERSION=26.0.0.8 /bin/sh -c apt-get update && unzip -q /tmp/wlp.zip -d /opt/ibm # buildkit
      2026-08-17T21:21:45 - USER 1001
      2026-08-17T21:21:45 - ENTRYPOINT ["/opt/ibm/helpers/runtime/docker-server.sh"]
      2026-08-17T21:21:45 - CMD ["/opt/ibm/wlp/bin/server" "run" "defaultServer"]`,
    expected: { base: 'library/ibmjava', runtime: 'java 8.0.8.70', distro: 'ubuntu 22.04' },
  },
  {
    is: "IBM's own Java for development, whose home is the runtime in it",
    history: `${JAMMY}
      2026-08-28T21:35:31 - MAINTAINER Jayashree Gopi <jayasg12@in.ibm.com> (@jayasg12)
      2026-08-28T21:35:31 1.4MB RUN /bin/sh -c apt-get update     && apt-get install -y --no-install-recommends wget ca-certificates     && rm -rf /var/lib/apt/lists/* # buildkit
      2026-08-28T21:35:31 - ENV JAVA_VERSION=8.0.8.71
      2026-08-28T21:39:02 174MB RUN /bin/sh -c set -eux; YML_FILE='8.0/sdk/linux/x86_64/index.yml'; BASE_URL="https://public.dhe.ibm.com/ibmdl/export/pub/systems/cloud/runtimes/java/meta/" # buildkit
      2026-08-28T21:39:02 - ENV JAVA_HOME=/opt/ibm/java/jre PATH=/opt/ibm/java/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin IBM_JAVA_OPTIONS=-XX:+UseContainerSupport`,
    expected: { base: 'library/ubuntu:22.04', runtime: 'java 8.0.8.71', variant: 'jdk' },
  },
  {
    is: 'Silverpeas, whose home of Java is a link of its own',
    history: `${JAMMY}
      2026-09-09T02:44:11 - ENV TERM=xterm
      2026-09-09T02:44:11 494.8MB RUN /bin/sh -c apt-get update   && apt-get install -y --no-install-recommends     zip     unzip     openjdk-11-jdk     ffmpeg # buildkit
      2026-09-09T02:44:38 130B RUN |1 DEFAULT_LOCALE=en_US.UTF-8 /bin/sh -c ln -svT "/usr/lib/jvm/java-11-openjdk-$(dpkg --print-architecture)" /docker-java-home # buildkit
      2026-09-09T02:44:38 - ENV JAVA_HOME=/docker-java-home
      2026-09-09T02:45:01 1.4kB COPY src/run.sh /opt/ # buildkit
      2026-09-09T02:46:21 - CMD ["/opt/run.sh"]`,
    expected: { base: 'library/ubuntu:22.04', runtime: 'java 11' },
  },
  {
    is: "Temurin's JDK of Java 8, by its archive",
    history: orient(
      "BINARY_URL='https://github.com/adoptium/temurin8-binaries/releases/download/jdk8u492-b09/OpenJDK8U-jdk_x64_linux_hotspot_8u492b09.tar.gz';",
    ),
    expected: { base: 'library/eclipse-temurin:8-jdk-jammy', runtime: 'java 8u492-b09', variant: 'jdk' },
  },
  {
    is: "Temurin's Java 8 of an archive without a name, which may be either",
    history: orient(''),
    expected: { base: 'library/eclipse-temurin', runtime: 'java 8u492-b09' },
  },
  {
    is: "Java on Temurin for Red Hat's universal base",
    history: `
      2026-08-05T05:12:12 - LABEL com.redhat.component=ubi9-minimal-container name=ubi9/ubi-minimal version=9.8
      2026-08-05T05:12:12 - ENV container oci
      2026-08-05T05:12:13 40.7MB COPY dir:566bd7ceef314001d2d4000252aedc98335cb96737e8ca003268a81789b22de2 in /      
      2026-08-05T05:12:13 - CMD ["/bin/bash"]
      2026-08-05T18:14:59 - ENV JAVA_HOME=/opt/java/openjdk
      2026-08-05T18:14:59 27.7MB RUN /bin/sh -c set -eux;     microdnf install -y         gzip         tar         binutils         tzdata         wget # buildkit
      2026-08-05T18:14:59 - ENV JAVA_VERSION=jdk-11.0.31+11
      2026-08-05T18:15:03 44.3MB RUN /bin/sh -c set -eux; BINARY_URL='https://github.com/adoptium/temurin11-binaries/releases/download/jdk-11.0.31%2B11/OpenJDK11U-jre_x64_linux_hotspot_11.0.31_11.tar.gz' # buildkit
      2026-08-05T18:15:03 2.3kB COPY --chmod=755 entrypoint.sh /__cacert_entrypoint.sh # buildkit
      2026-08-05T18:15:03 - ENTRYPOINT ["/__cacert_entrypoint.sh"]${JAR}`,
    labels: { 'com.redhat.component': 'ubi9-minimal-container', name: 'ubi9/ubi-minimal', version: '9.8' },
    expected: { base: 'library/eclipse-temurin:11-jre-ubi9-minimal', runtime: 'java 11.0.31+11', distro: 'rhel 9' },
  },
  {
    is: 'Java on Temurin for Alpine, whose tags name the release with a hyphen',
    history: `${ALPINE}
      2026-08-20T19:00:00 - ENV JAVA_HOME=/opt/java/openjdk
      2026-08-20T19:00:00 - ENV JAVA_VERSION=jdk-21.0.12+8
      2026-08-20T19:00:00 50MB RUN /bin/sh -c set -eux; BINARY_URL='https://github.com/adoptium/temurin21-binaries/releases/download/jdk-21.0.12%2B8/OpenJDK21U-jre_x64_alpine-linux_hotspot_21.0.12_8.tar.gz' # buildkit
      2026-08-20T19:00:00 2.3kB COPY --chmod=755 entrypoint.sh /__cacert_entrypoint.sh # buildkit
      2026-08-20T19:00:00 - ENTRYPOINT ["/__cacert_entrypoint.sh"]${JAR}`,
    expected: {
      base: 'library/eclipse-temurin:21-jre-alpine-3.24',
      runtime: 'java 21.0.12+8',
      distro: 'alpine 3.24.2',
    },
  },
  {
    is: 'Java of before Temurin, by the same project',
    history: javaOnUbuntu('jdk-11.0.11+9'),
    expected: { base: 'library/adoptopenjdk', runtime: 'java 11.0.11+9' },
  },
  {
    is: "Java on openjdk, which stood on Oracle's Linux",
    history: OPENJDK + JAR,
    expected: { base: 'library/openjdk', runtime: 'java 17.0.2', distro: 'ol 8', variant: 'jdk' },
  },
  {
    is: 'Java of Alpine, whose home is a link',
    history: `${ALPINE}
      2026-08-20 90MB RUN /bin/sh -c apk add --no-cache openjdk21-jre-headless # buildkit
      2026-08-20 - ENV JAVA_HOME=/usr/lib/jvm/default-jvm${JAR}`,
    expected: { runtime: 'java 21', distro: 'alpine 3.24.2' },
  },
  {
    is: 'two Javas, of which the link may name either',
    history: `${ALPINE}
      2026-08-20 190MB RUN /bin/sh -c apk add --no-cache openjdk8 openjdk17 # buildkit
      2026-08-20 - ENV JAVA_HOME=/usr/lib/jvm/default-jvm${JAR}`,
    expected: { runtime: 'java', distro: 'alpine 3.24.2' },
  },
  {
    is: 'Corretto for Alpine itself, which sets variables to the end',
    history: `${ALPINE}
      2026-07-23T23:12:40 - ARG version=21.0.12.8.1
      2026-07-23T23:12:40 162.2MB RUN |1 version=21.0.12.8.1 /bin/sh -c wget -O /etc/apk/keys/amazoncorretto.rsa.pub https://apk.corretto.aws/amazoncorretto.rsa.pub && apk add --no-cache amazon-corretto-21=$version-r0 # buildkit
      2026-07-23T23:12:40 - ENV LANG=C.UTF-8
      2026-07-23T23:12:40 - ENV JAVA_HOME=/usr/lib/jvm/default-jvm
      2026-07-23T23:12:40 - ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/jvm/default-jvm/bin`,
    expected: { base: 'library/alpine:3.24', runtime: 'java 21', distro: 'alpine 3.24.2' },
  },
  {
    is: 'Java on Corretto for Alpine',
    history: `${ALPINE}
      2026-08-20 - ARG version=17.0.13.11.1
      2026-08-20 120MB RUN |1 version=17.0.13.11.1 /bin/sh -c apk add --no-cache amazon-corretto-17=$version-r0 # buildkit
      2026-08-20 - ENV JAVA_HOME=/usr/lib/jvm/default-jvm${JAR}`,
    expected: { base: 'library/amazoncorretto', runtime: 'java 17', distro: 'alpine 3.24.2' },
  },
  {
    is: 'Java on Zulu for Alpine',
    history: `${ALPINE}
      2026-08-20 - ARG ZULU_KEY_SHA256=6c6393d4755818a15cf055a5216cffa599f038cd508433faed2226925956509a
      2026-08-20 180MB RUN |1 ZULU_KEY_SHA256=6c63 /bin/sh -c set -ex && apk --repository https://repos.azul.com/zulu/alpine --no-cache add zulu21-jdk~=21.0.10 tzdata # buildkit
      2026-08-20 - ENV JAVA_HOME=/usr/lib/jvm/zulu21${JAR}`,
    expected: { base: 'azul/zulu-openjdk-alpine', runtime: 'java 21', distro: 'alpine 3.24.2' },
  },
  ...(
    [
      ['Debian', DEBIAN, 'bellsoft/liberica-openjdk-debian'],
      ['Alpine, whose repositories its variables do not tell apart', ALPINE, 'not-in-catalogue'],
    ] as const
  ).map(([system, history, base]) => ({
    is: `Java on Liberica for ${system}`,
    history: `${history}
      2026-08-20 - ARG LIBERICA_IMAGE_VARIANT=lite
      2026-08-20 - ARG LIBERICA_ROOT=/usr/lib/jvm/jdk-21.0.5-bellsoft
      2026-08-20 120MB RUN |1 LIBERICA_IMAGE_VARIANT=lite /bin/sh -c LIBERICA_ARCH='' && set -x # buildkit
      2026-08-20 - ENV JAVA_HOME=/usr/lib/jvm/jdk-21.0.5-bellsoft PATH=/usr/lib/jvm/jdk-21.0.5-bellsoft/bin:/usr/bin${JAR}`,
    env: ['JAVA_HOME=/usr/lib/jvm/jdk-21.0.5-bellsoft'],
    entrypoint: STARTS_JAVA,
    expected: { base, runtime: 'java 21.0.5' },
  })),
  {
    is: "Java on Microsoft's OpenJDK",
    history: `${JAMMY}
      2026-08-20 - ARG package=msopenjdk-21
      2026-08-20 200MB RUN |1 package=msopenjdk-21 /bin/sh -c DEBIAN_FRONTEND=noninteractive && apt-get -qq update && apt-get -qq install $package # buildkit
      2026-08-20 - ENV LANG=en_US.UTF-8 LANGUAGE=en_US:en LC_ALL=en_US.UTF-8
      2026-08-20 - ENV JAVA_HOME=/usr/lib/jvm/msopenjdk-21${JAR}`,
    expected: { base: 'mcr.microsoft.com/openjdk/jdk', runtime: 'java 21', distro: 'ubuntu 22.04' },
  },
  {
    is: 'Java 8 by its folder',
    history: `${JAMMY}
      ${APP} 80MB RUN /bin/sh -c apt-get update && apt-get install -y openjdk-8-jre-headless # buildkit
      ${APP} - ENV JAVA_HOME=/usr/lib/jvm/java-1.8.0-openjdk-amd64/jre`,
    entrypoint: STARTS_JAVA,
    expected: { base: 'library/ubuntu:22.04', runtime: 'java 8', variant: 'jre', multiStage: 'no' },
  },
  {
    is: 'a JDK by its package, without JAVA_HOME',
    history: `${JAMMY}
      ${APP} 400MB RUN /bin/sh -c apt-get update && apt-get install -y openjdk-17-jdk maven # buildkit`,
    cmd: ['java', '-jar', 'target/app.jar'],
    expected: { runtime: 'java 17' },
  },
  {
    is: "a JRE by Red Hat's package",
    history: `2026-09-01 38MB 
      ${APP} 200MB RUN /bin/sh -c microdnf install -y java-21-openjdk-headless # buildkit`,
    labels: { 'com.redhat.component': 'ubi9-minimal-container', name: 'ubi9/ubi-minimal' },
    cmd: ['java', '-jar', '/app.jar'],
    expected: { runtime: 'java 21' },
  },
  {
    is: "Java 8 by Red Hat's package",
    history: `2026-09-01 38MB 
      ${APP} 200MB RUN /bin/sh -c microdnf install -y java-1.8.0-openjdk-headless # buildkit`,
    labels: { 'com.redhat.component': 'ubi9-minimal-container', name: 'ubi9/ubi-minimal' },
    cmd: ['java', '-jar', '/app.jar'],
    expected: { runtime: 'java 8' },
  },
  {
    is: 'two JDKs by their packages',
    history: `${JAMMY}
      ${APP} 600MB RUN /bin/sh -c apt-get install -y openjdk-11-jdk openjdk-17-jdk # buildkit`,
    cmd: ['java', '-jar', '/app.jar'],
    expected: { runtime: 'java' },
  },
  {
    is: "Java on GraalVM's JDK",
    history: `${GRAALVM}
      2026-07-18T09:21:30 - CMD ["/bin/sh" "-c" "java --version"]
      ${APP} 40MB COPY /app/target/shop.jar /app/shop.jar # buildkit`,
    cmd: ['java', '-jar', '/app/shop.jar'],
    expected: { base: 'ghcr.io/graalvm/jdk-community', distro: 'ol 9', runtime: 'java 24', variant: 'jdk' },
  },
  {
    is: "the same JDK in a company's image",
    history: `${GRAALVM}
      ${APP} 40MB COPY /app/target/shop.jar /app/shop.jar # buildkit`,
    cmd: ['java', '-jar', '/app/shop.jar'],
    expected: { runtime: 'java 24', base: 'library/oraclelinux:9-slim' },
  },
  {
    is: 'a web archive on Tomcat, whose Java is a JRE',
    history: `${TEMURIN}
      2026-08-22 - ENV TOMCAT_VERSION=10.1.59
      2026-08-22 14MB COPY /usr/local/tomcat /usr/local/tomcat # buildkit
      2026-08-22 - CMD ["catalina.sh" "run"]
      ${APP} 30MB COPY shop.war /usr/local/tomcat/webapps/ # buildkit`,
    expected: { base: 'library/tomcat', runtime: 'java 17.0.20+8', variant: 'jre' },
  },
  {
    is: 'Gradle, whose CMD comes first and which changes the user',
    history: `${TEMURIN}
      2026-08-22 - CMD ["gradle"]
      2026-08-22 - ENV GRADLE_VERSION=8.10.2
      2026-08-22 150MB RUN /bin/sh -c set -o errexit -o nounset && echo "Downloading Gradle" && wget --output-document=gradle.zip # buildkit
      2026-08-22 - USER gradle
      ${APP} 5MB COPY . . # buildkit`,
    expected: { base: 'library/gradle', runtime: 'java 17.0.20+8', variant: 'jdk' },
  },
  {
    is: 'a jar from a context, written with a slash',
    history: `${TEMURIN}
      ${APP} 1kB COPY entrypoint.sh /entrypoint.sh # buildkit
      ${APP} 30MB COPY /build/libs/app.jar /app.jar # buildkit`,
    expected: { multiStage: 'unknown' },
  },
];

testVerdicts('$is', cases);
