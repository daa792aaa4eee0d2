import { ALPINE, JAMMY, TRIXIE_SLIM } from '../../support/official-histories.ts';
import { type ExpectedImage, testVerdicts } from '../../support/verdict-summary.ts';

// Applications as teams build them, on bases that show themselves little, with variables that hold what they like.

const APP = '2026-10-15T08:00:00';
const PYTHON = `${TRIXIE_SLIM}
  2026-08-26 - ENV PYTHON_VERSION=3.13.7
  2026-08-26 30MB RUN /bin/sh -c set -eux; wget -O python.tar.xz "https://www.python.org/ftp/python/Python.tar.xz"; make # buildkit
  2026-08-26 - CMD ["python3"]`;
const buildpacks = (...ids: readonly string[]) => ({
  'io.buildpacks.lifecycle.metadata': '{"runImage":{"image":"heroku/heroku:24"}}',
  'io.buildpacks.build.metadata': JSON.stringify({ buildpacks: ids.map((id) => ({ id, version: '1.0.0' })) }),
});

const cases: readonly ExpectedImage[] = [
  {
    is: 'a model on CUDA, which has no CMD',
    history: `${JAMMY}
      2026-08-05 - ENV NVARCH=x86_64
      2026-08-05 10MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends gnupg2 curl # buildkit
      2026-08-05 - ENV CUDA_VERSION=12.2.2
      2026-08-05 180MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends cuda-cudart-12-2 # buildkit
      2026-08-05 17kB COPY NGC-DL-CONTAINER-LICENSE / # buildkit
      2026-08-05 - ENV NVIDIA_VISIBLE_DEVICES=all
      ${APP} 2GB RUN /bin/sh -c apt-get update && apt-get install -y python3-pip && pip3 install torch fastapi uvicorn # buildkit
      ${APP} 1MB COPY . /app # buildkit`,
    cmd: ['uvicorn', 'main:app'],
    expected: { base: 'nvidia/cuda', runtime: 'python', framework: 'FastAPI', distro: 'ubuntu 22.04' },
  },
  {
    is: 'Swift, which has no CMD',
    history: `${JAMMY}
      2026-08-05 180MB RUN /bin/sh -c apt-get -q update && apt-get -q install -y binutils git gnupg2 libc6-dev # buildkit
      2026-08-05 - ENV SWIFT_PLATFORM=ubuntu22.04 SWIFT_VERSION=swift-5.10-RELEASE SWIFT_WEBROOT=https://download.swift.org
      2026-08-05 680MB RUN /bin/sh -c set -e; curl -fsSL "$SWIFT_BIN_URL" -o swift.tar.gz # buildkit
      ${APP} 30MB COPY . . # buildkit`,
    expected: { base: 'library/swift', distro: 'ubuntu 22.04' },
  },
  {
    is: 'HAProxy with settings of its own',
    history: `${TRIXIE_SLIM}
      2026-08-25 - ENV HAPROXY_VERSION=3.2.5
      2026-08-25 20MB RUN /bin/sh -c set -eux; apt-get update && apt-get install -y gcc make libpcre2-dev # buildkit
      2026-08-25 - USER haproxy
      2026-08-25 - CMD ["haproxy" "-f" "/usr/local/etc/haproxy/haproxy.cfg"]
      ${APP} 2kB COPY haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg # buildkit`,
    expected: { base: 'library/haproxy:3.2-trixie', distro: 'debian 13' },
  },
  {
    is: 'the .NET Framework, which is no .NET',
    os: 'windows',
    osVersion: '10.0.17763.6414',
    history: `
      2026-08-01 1700MB Apply image 10.0.17763.1
      2026-08-01 800MB Install update 10.0.17763.6414
      2026-08-02 - ENV DOTNET_VERSION=4.8
      2026-08-02 800MB RUN cmd /S /C curl -fSLo dotnet-framework-installer.exe # buildkit
      ${APP} 5MB COPY . C:/inetpub/wwwroot # buildkit`,
    expected: { distro: 'windows 10.0.17763.6414', runtime: 'dotnet 4.8' },
  },
  {
    is: 'Node.js by a package that carries its release in its name',
    history: `2026-09-01 45MB KIWI 10.1.2
      ${APP} 90MB RUN /bin/sh -c zypper -n in nodejs20 # buildkit`,
    labels: { 'org.opensuse.base.title': 'openSUSE Leap 15.6 Base Container' },
    cmd: ['node', 'server.js'],
    expected: { base: 'opensuse/leap:15.6', runtime: 'node 20' },
  },
  {
    is: 'a toolchain of its own, under the variable of the official image, and a later build',
    history: `${TRIXIE_SLIM}
      2026-09-01 - ENV RUST_VERSION=1.98.0
      2026-09-01 50MB RUN /bin/sh -c curl https://sh.rustup.rs -sSf | sh -s -- -y --default-toolchain $RUST_VERSION # buildkit
      ${APP} 9MB COPY . . # buildkit`,
    expected: { base: 'library/debian:trixie-slim', runtime: 'rust 1.98.0' },
  },
  {
    is: "an application on a company's image, which set the variable of the official one",
    history: `${TRIXIE_SLIM}
      2026-09-01 - ENV NODE_VERSION=22.1.0
      2026-09-01 50MB RUN /bin/sh -c curl -fsSL https://nodejs.org/dist/node.tar.xz | tar xJ # buildkit
      2026-09-01 - CMD ["node" "/srv/shop.js"]
      ${APP} 9MB COPY . /srv # buildkit`,
    expected: { base: 'not-in-catalogue', runtime: 'node 22.1.0' },
  },
  {
    is: 'a server of Nuxt from a stage',
    history: `${ALPINE}
      ${APP} 30MB COPY /app/.output ./ # buildkit`,
    expected: { framework: 'Nuxt', multiStage: 'yes' },
  },
  {
    is: 'a native Quarkus on an image that only its labels show',
    history: `2026-09-01 38MB 
      2026-09-01 1kB 
      ${APP} 50MB COPY --chown=1001:root target/*-runner /work/application # buildkit`,
    labels: { 'com.redhat.component': 'ubi9-minimal-container', name: 'ubi9/ubi-minimal' },
    cmd: ['./application', '-Dquarkus.http.host=0.0.0.0'],
    expected: { distro: 'rhel 9', framework: 'Quarkus', variant: 'minimal', runtime: undefined },
  },
  {
    is: "Red Hat's Ruby, which carries a Node.js",
    history: '2026-09-01 38MB \n 2026-09-01 80MB ',
    env: ['NODEJS_VERSION=16', 'RUBY_VERSION=3.1'],
    labels: { name: 'ubi9/ruby-31' },
    cmd: ['/usr/libexec/s2i/run'],
    expected: { runtime: 'ruby 3.1', distro: 'rhel 9' },
  },
  {
    is: 'what Docker built on an image of buildah, whose label it inherits',
    history: `2026-09-01 38MB 
      2026-09-01 1kB 
      ${APP} 90MB /bin/sh -c microdnf install -y nginx
      ${APP} 1kB /bin/sh -c #(nop) COPY file:0f1e in /etc/nginx/ `,
    labels: { 'io.buildah.version': '1.36.0', cpe: 'cpe:/a:redhat:openshift:4.14::el9' },
    expected: { buildTool: 'docker', distro: 'rhel 9' },
  },
  {
    is: 'an apk package by its number, which is no version',
    history: `${ALPINE}
      ${APP} - ENV PHP_VERSION=82
      ${APP} 50MB RUN /bin/sh -c apk add --no-cache nginx php82 php82-fpm # buildkit`,
    cmd: ['/usr/bin/supervisord'],
    expected: { base: 'library/alpine:3.24', runtime: 'php' },
  },
  {
    is: 'a line of releases in place of a version',
    history: `${JAMMY}
      ${APP} - ENV NODE_VERSION=18.x
      ${APP} 50MB RUN /bin/sh -c curl -fsSL https://deb.nodesource.com/setup_$NODE_VERSION | bash - && apt-get install -y nodejs # buildkit`,
    cmd: ['node', 'server.js'],
    expected: { runtime: 'node 18' },
  },
  {
    is: 'the .NET SDK, which counts its own patches',
    history: `${TRIXIE_SLIM}
      2026-08-25 - ENV DOTNET_SDK_VERSION=3.1.302
      2026-08-25 50MB RUN /bin/sh -c curl -SL --output dotnet.tar.gz https://example.com/dotnet-sdk.tar.gz # buildkit`,
    expected: { runtime: 'dotnet 3.1' },
  },
  {
    is: 'ASP.NET 6, which stayed on Debian 11 when Debian 12 was stable',
    history: `
      2024-10-17T00:20:35 31.4MB /bin/sh -c #(nop) ADD file:3d9897cfe027ecc7 in / 
      2024-10-17T00:20:35 - /bin/sh -c #(nop)  CMD ["bash"]
      2024-11-12T12:49:04 12.1MB /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates libc6 libgcc1 libgssapi-krb5-2 libicu67 libssl1.1 libstdc++6 zlib1g && rm -rf /var/lib/apt/lists/*
      2024-11-12T12:49:04 - /bin/sh -c #(nop)  ENV ASPNETCORE_URLS=http://+:80 DOTNET_RUNNING_IN_CONTAINER=true
      2024-11-12T12:49:20 - /bin/sh -c #(nop)  ENV DOTNET_VERSION=6.0.36
      2024-11-12T12:49:20 32MB /bin/sh -c #(nop) COPY dir:2f9d9c4f in /usr/share/dotnet 
      2024-11-12T12:49:21 0.1kB /bin/sh -c ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
      2024-11-12T12:49:40 - /bin/sh -c #(nop)  ENV ASPNET_VERSION=6.0.36
      2024-11-12T12:49:40 9MB /bin/sh -c #(nop) COPY dir:aaad9c4f in /usr/share/dotnet/shared/Microsoft.AspNetCore.App 
      2025-01-20 5MB COPY /app/publish . # buildkit`,
    entrypoint: ['dotnet', 'shop.dll'],
    expected: {
      base: 'mcr.microsoft.com/dotnet/aspnet:6.0-bullseye-slim',
      distro: 'debian 11',
      runtime: 'dotnet 6.0.36',
    },
  },
  {
    is: "a library of Ubuntu's, which a step downloads to Debian",
    history: `
      2024-10-17 31.4MB /bin/sh -c #(nop) ADD file:3d9897cfe027ecc7 in / 
      2024-10-17 - /bin/sh -c #(nop)  CMD ["bash"]
      2024-12-17 31.4MB RUN /bin/sh -c apt-get update && wget http://archive.ubuntu.com/libicu66_66.1-2ubuntu2_amd64.deb && dpkg -i libicu66_66.1-2ubuntu2_amd64.deb # buildkit`,
    expected: { distro: 'debian' },
  },
  {
    is: '.NET by a package of Ubuntu',
    history: `${JAMMY}
      ${APP} 50MB RUN /bin/sh -c apt-get update && apt-get install -y aspnetcore-runtime-8.0 # buildkit`,
    cmd: ['dotnet', 'shop.dll'],
    expected: { base: 'library/ubuntu:22.04', runtime: 'dotnet 8' },
  },
  {
    is: '.NET by a package of Alpine',
    history: `${ALPINE}
      ${APP} 50MB RUN /bin/sh -c apk add --no-cache aspnetcore8-runtime # buildkit`,
    cmd: ['dotnet', 'shop.dll'],
    expected: { runtime: 'dotnet 8' },
  },
  {
    is: 'Python by a package that names its release',
    history: `${JAMMY}
      ${APP} 50MB RUN /bin/sh -c add-apt-repository ppa:deadsnakes/ppa && apt-get install -y python3.12 python3.12-venv # buildkit`,
    cmd: ['python3', 'main.py'],
    expected: { runtime: 'python 3.12' },
  },
  {
    is: 'two releases of Python, of which either may run',
    history: `${JAMMY}
      ${APP} 50MB RUN /bin/sh -c apt-get install -y python3.9 python3.12 # buildkit`,
    cmd: ['python3', 'main.py'],
    expected: { runtime: 'python' },
  },
  {
    is: "a stream of dnf's modules",
    history: `
      2026-08-01 50MB ADD rocky-9.6-container.tar.xz / # buildkit
      2026-08-01 - CMD ["/bin/bash"]
      ${APP} 50MB RUN /bin/sh -c dnf module enable -y nodejs:22 && dnf install -y nodejs # buildkit`,
    cmd: ['node', 'server.js'],
    expected: { runtime: 'node 22' },
  },
  {
    is: "a stream of Remi's packages",
    history: `
      2026-08-01 50MB ADD rocky-9.6-container.tar.xz / # buildkit
      2026-08-01 - CMD ["/bin/bash"]
      ${APP} 80MB RUN /bin/sh -c dnf module enable -y php:remi-8.3 && dnf install -y httpd php php-mysqlnd # buildkit`,
    cmd: ['/usr/sbin/httpd', '-DFOREGROUND'],
    expected: { runtime: 'php 8.3' },
  },
  {
    is: 'an Elixir release on Debian',
    history: `${TRIXIE_SLIM}
      ${APP} - ENV MIX_ENV=prod
      ${APP} 30MB COPY --chown=nobody:root /app/_build/prod/rel/shop ./ # buildkit`,
    cmd: ['/app/bin/server'],
    expected: { base: 'library/debian:trixie-slim', runtime: 'elixir', multiStage: 'yes' },
  },
  {
    is: 'pages that Node.js built beside the nginx that serves them',
    history: `${ALPINE}
      ${APP} 90MB RUN /bin/sh -c apk add --no-cache nginx nodejs npm # buildkit
      ${APP} 9MB COPY . . # buildkit
      ${APP} 90MB RUN /bin/sh -c npm ci && npm run build # buildkit`,
    cmd: ['nginx', '-g', 'daemon off;'],
    expected: { runtime: 'nginx' },
  },
  {
    is: 'PHP behind a nginx in one container',
    history: `${ALPINE}
      ${APP} - ENV PHP_VERSION=8.3.13
      ${APP} 90MB RUN /bin/sh -c apk add --no-cache nginx php83-fpm # buildkit`,
    cmd: ['/bin/sh', '-c', 'nginx && php-fpm83 -F'],
    expected: { runtime: 'php 8.3.13' },
  },
  {
    is: "Python on Wolfi's base, which has a shell",
    history: `
      2026-09-01 8MB apko
      ${APP} 5MB RUN /bin/sh -c apk add --no-cache python-3.12 # buildkit
      ${APP} 5MB COPY . /app # buildkit`,
    labels: { 'dev.chainguard.image.title': 'wolfi-base' },
    cmd: ['python', '/app/main.py'],
    expected: { base: 'cgr.dev/chainguard/wolfi-base', runtime: 'python 3.12', distro: 'wolfi', variant: 'minimal' },
  },
  {
    is: 'Python on a Docker Hardened Image, which only labels show',
    history: `
      2026-04-11T22:45:39 20MB COPY / / # buildkit
      ${APP} 40MB COPY /app/.venv /app/.venv # buildkit
      ${APP} - CMD ["/app/.venv/bin/shop"]`,
    labels: {
      'com.docker.dhi.name': 'dhi/python',
      'com.docker.dhi.version': '3.13.13-debian13',
      'com.docker.dhi.distro': 'debian-13',
      'com.docker.dhi.shell': '',
    },
    expected: { runtime: 'python 3.13.13', distro: 'debian 13', variant: 'distroless' },
  },
  {
    is: 'Rails by buildpacks, Node.js among them',
    history: '1980-01-01 30MB \n 1980-01-01 3MB ',
    labels: buildpacks('heroku/nodejs-engine', 'heroku/nodejs-yarn', 'heroku/ruby'),
    expected: { base: 'heroku/heroku:24', runtime: 'ruby', buildTool: 'buildpacks' },
  },
  {
    is: "Node.js by Google's buildpacks",
    history: '1980-01-01 30MB \n 1980-01-01 3MB ',
    labels: { ...buildpacks('google.nodejs.runtime', 'google.nodejs.npm'), 'io.buildpacks.stack.id': 'google.gae.22' },
    expected: { runtime: 'node', distro: 'ubuntu 22.04' },
  },
  {
    is: 'Spring Boot by buildpacks, which label its version',
    history: '1980-01-01 30MB \n 1980-01-01 3MB ',
    labels: { ...buildpacks('paketo-buildpacks/bellsoft-liberica'), 'org.springframework.boot.version': '3.3.5' },
    expected: { runtime: 'java', framework: 'Spring Boot' },
  },
  {
    is: 'store paths of Nix',
    history: `${APP} 30MB `,
    comment: "store paths: ['/nix/store/abc-hello']",
    expected: { buildTool: 'nix' },
  },
  {
    is: 'wheels that a mount may bring',
    history: `${PYTHON}
      ${APP} 3MB RUN /bin/sh -c pip install --no-index --find-links=/wheels shop # buildkit`,
    expected: { base: 'library/python:3.13-slim', multiStage: 'unknown' },
  },
];

testVerdicts('$is', cases);
