import { type ExpectedImage, testVerdicts } from '../../support/verdict-summary.ts';

// Images whose histories, labels and environments stand in public documentation, tests and scanners' reports, shortened
// where nothing hangs on it. The index of public files that they were found in does not always know a file's path: there
// the file's number in that index stands for it.

interface FoundImage extends ExpectedImage {
  readonly found: string;
}

const BOOKWORM = `
  2026-01-05T00:00:00 28MB # debian.sh --arch 'amd64' out/ 'bookworm' '@1767571200'`;
const NODE = `${BOOKWORM}
  2026-01-06 - ENV NODE_VERSION=20.18.0
  2026-01-06 40MB RUN /bin/sh -c curl -fsSLO https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz # buildkit
  2026-01-06 2MB RUN /bin/sh -c apt-get install -y yarn # buildkit
  2026-01-06 1kB COPY docker-entrypoint.sh /usr/local/bin/ # buildkit
  2026-01-06 - ENTRYPOINT ["docker-entrypoint.sh"]
  2026-01-06 - CMD ["node"]`;

const cases: readonly FoundImage[] = [
  {
    is: 'CentOS Stream 9, by its label',
    found: 'quay.io/centos/centos:stream9, file 24271485630',
    history: '2024-06-18 60MB ',
    labels: { 'org.label-schema.name': 'CentOS Stream 9 Base Image', 'org.label-schema.vendor': 'CentOS' },
    expected: { distro: 'centos 9', base: 'no-history' },
  },
  {
    is: 'CentOS to boot from',
    found: 'quay.io/centos-bootc/centos-bootc:stream9, file 24271485630',
    history: '2024-03-19 60MB ',
    labels: {
      'containers.bootc': '1',
      'org.opencontainers.image.version': 'stream9.20240319.0',
      'redhat.id': 'centos',
      'redhat.version-id': '9',
    },
    expected: { distro: 'centos 9' },
  },
  {
    is: 'Fedora CoreOS',
    found: 'quay.io/fedora/fedora-coreos:testing-devel, file 71372727551',
    history: '2026-03-01 60MB ',
    labels: {
      'com.coreos.osname': 'fedora-coreos',
      'containers.bootc': '1',
      'org.opencontainers.image.version': '43.20260301.20.dev1',
    },
    expected: { distro: 'fedora 43' },
  },
  {
    is: "Fedora's toolbox, which KIWI built",
    found: 'registry.fedoraproject.org/fedora-toolbox:40, file 5825867714',
    history: '2024-05-23T05:48:29 600MB KIWI 10.0.11',
    labels: {
      'com.github.containers.toolbox': 'true',
      name: 'fedora-toolbox',
      'org.opencontainers.image.vendor': 'Fedora Project',
      'org.opencontainers.image.version': '40',
    },
    expected: { distro: 'fedora 40', base: 'scratch', variant: undefined },
  },
  {
    is: "a SUSE application on SUSE's base image",
    found: 'registry.suse.com/suse/manager/5.0/x86_64/proxy-ssh:5.0.4, file 3701165717',
    history: `
      2025-03-01 45MB KIWI 10.1.18
      2025-03-20 60MB /bin/sh -c zypper --non-interactive install openssh`,
    labels: {
      'com.suse.bci.base.title': 'SLE BCI 15 SP6 Base',
      'com.suse.bci.base.version': '15.6.47.18.1',
      'org.opencontainers.image.version': '5.0.10',
    },
    expected: { distro: 'sles 15.6' },
  },
  {
    is: 'openEuler',
    found: 'openeuler/openeuler, `docker history`, file 60235303255',
    history: `
      2024-01-10T10:00:00 - ARG TARGETARCH=amd64
      2024-01-10T10:00:00 66MB ADD openEuler-docker-rootfs.amd64.tar.xz / # buildkit
      2024-01-10T10:00:05 1kB RUN |1 TARGETARCH=amd64 /bin/sh -c ln -sf /usr/share/zoneinfo/UTC /etc/localtime # buildkit
      2024-01-10T10:00:05 - CMD ["bash"]`,
    expected: { distro: 'openEuler' },
  },
  {
    is: 'Void Linux, whose package manager names itself',
    found: 'void-linux/void-containers, Containerfile',
    history: `
      2026-09-01T10:00:00 20MB COPY /target / # buildkit
      2026-09-01T10:00:20 4kB RUN /bin/sh -c install -dm1777 tmp; xbps-reconfigure -fa; rm -rf /var/cache/xbps/* # buildkit
      2026-09-01T10:00:20 - ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/bin
      2026-09-01T10:00:20 - CMD ["/bin/sh"]`,
    expected: { distro: 'void', base: 'scratch', multiStage: 'yes' },
  },
  {
    is: 'an image of Charliecloud, which pushes one layer and keeps FROM in the history',
    found: "Charliecloud's documentation for developers, ch-image push, file 9693768232",
    history: `
      2021-11-17T02:20:51 - /bin/sh -c #(nop) ADD file:cb5ed7070880d4c0177fbe6dd278adb7926e38cd73e6abd582fd8d67e4bbf06c in / 
      2021-11-17T02:20:51 - /bin/sh -c #(nop)  CMD ["bash"]
      2021-11-30T20:14:08 - FROM debian:buster
      2021-11-30T20:14:19 - RUN ['/bin/sh', '-c', 'apt-get update     && apt-get install -y        bzip2        wget']
      2021-11-30T20:14:33 - RUN ['/bin/sh', '-c', 'bash $MC_FILE -bf -p /usr/local']
      2021-11-30T20:15:08 - COPY ['hello.py'] -> '.'
      2021-11-30T20:15:08 200MB RUN ['/bin/sh', '-c', 'chmod 755 ./hello.py']`,
    expected: { base: 'library/debian:buster', distro: 'debian 10' },
  },
  {
    is: 'a Go program of Nix, which lies on nothing',
    found: 'a course on DevOps, `docker history` of lab11-nix-app, file 52682291934',
    history: '1970-01-01T00:00:01 2MB ',
    comment: "store paths: ['/nix/store/y6lrk5p8b5sla8v3kykfhgwwvipyj04w-app-1.0.0']",
    cmd: ['/nix/store/y6lrk5p8b5sla8v3kykfhgwwvipyj04w-app-1.0.0/bin/app'],
    expected: { base: 'scratch', buildTool: 'nix', distro: undefined, runtime: undefined, variant: undefined },
  },
  {
    is: 'a Python program of Nix',
    found: 'a course on DevOps, `docker history` of devops-info-service-nix, file 55135520754',
    history: '1970-01-01T00:00:01 2MB ',
    comment: "store paths: ['/nix/store/wij96d7izljw38kksg0q384ygi8hfvkk-python3-3.12.8-env']",
    expected: { base: 'scratch', runtime: 'python 3.12.8' },
  },
  {
    is: 'a store of Nix on an image of others',
    found: 'NixOS/nixpkgs, pkgs/build-support/docker/stream_layered_image.py',
    history: '1970-01-01T00:00:01 2MB ',
    comment: `store paths: ['${'a'.repeat(64)}/layer.tar']`,
    expected: { base: 'not-in-catalogue' },
  },
  {
    is: "Google's distroless image of 2023, whose history is empty",
    found: "quay.io/jetstack/cert-manager-acmesolver:v1.12.3, Trivy's report, file 36766834950",
    history: `
      - 100kB 
      - 1kB 
      - 1kB 
      2023-07-26T12:06:29 - LABEL org.opencontainers.image.source=https://github.com/cert-manager/cert-manager
      2023-07-26T12:06:29 - USER 1000
      2023-07-26T12:06:29 10MB COPY acmesolver /app/cmd/acmesolver/acmesolver # buildkit
      2023-07-26T12:06:40 - ENTRYPOINT ["/app/cmd/acmesolver/acmesolver"]`,
    env: ['SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'],
    expected: { base: 'not-in-catalogue', distro: 'debian', variant: 'distroless' },
  },
  {
    is: "Google's distroless Node.js, whose history is empty",
    found: 'made up after the one above',
    history: `
      - 100kB 
      - 40MB 
      2023-07-26T12:06:29 10MB COPY /app /app # buildkit
      2023-07-26T12:06:40 - CMD ["server.js"]`,
    env: ['SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'],
    entrypoint: ['/nodejs/bin/node'],
    expected: { distro: 'debian', runtime: 'node', variant: 'distroless' },
  },
  {
    is: 'empty histories of other tools',
    found: 'made up beside the one above',
    history: '1980-01-01T00:00:01 30MB \n 1980-01-01T00:00:01 3MB ',
    env: ['SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'],
    expected: { base: 'no-history', distro: undefined, variant: undefined },
  },
  {
    is: "Apache's server on a Universal Base Image",
    found: 'acantril/containerofcats, `docker inspect`, file 7777514039',
    history: `
      2023-05-03T15:02:00 70MB /bin/sh -c #(nop) ADD file:a in / 
      2023-05-03T15:02:02 - /bin/sh -c #(nop) CMD ["/bin/bash"]
      2023-06-01 30MB RUN /bin/sh -c yum -y install httpd # buildkit
      2023-06-01 1MB COPY index.html /var/www/html/ # buildkit
      2023-06-01 - ENTRYPOINT ["/usr/sbin/httpd" "-D" "FOREGROUND"]`,
    labels: { 'com.redhat.component': 'ubi8-container', name: 'ubi8', version: '8.8' },
    expected: { base: 'registry.access.redhat.com/ubi8/ubi:8.8', distro: 'rhel 8', runtime: 'httpd' },
  },
  {
    is: "PHP within Apache's server on a plain distribution",
    found: 'made up beside the one above',
    history: `
      2026-08-24T00:00:00 28MB # debian.sh --arch 'amd64' out/ 'bookworm' '@1755993600'
      2026-09-24T00:00:00 60MB RUN /bin/sh -c apt-get update && apt-get install -y apache2 libapache2-mod-php # buildkit
      2026-09-24T00:00:00 - CMD ["apachectl" "-D" "FOREGROUND"]`,
    expected: { runtime: 'php', distro: 'debian 12' },
  },
  {
    is: 'OpenResty, which is nginx with Lua',
    found: 'openresty/openresty:1.17.8.2-5-alpine, `docker inspect`, file 41573650042',
    history: `
      2020-05-29T21:19:46 2.8MB /bin/sh -c #(nop) ADD file:c92c248239f8c7b9b3c067650954815f391b7bcb09023f984972c082ace2a8d0 in / 
      2020-05-29T21:19:46 - /bin/sh -c #(nop)  CMD ["/bin/sh"]
      2020-09-18T16:18:13 - /bin/sh -c #(nop)  LABEL resty_image_tag=3.12
      2020-09-18T16:25:10 40MB |2 RESTY_IMAGE_TAG=3.12 RESTY_J=1 /bin/sh -c apk add --no-cache build-base && cd /tmp/openresty-1.17.8.2 && make install
      2020-09-18T16:25:11 - /bin/sh -c #(nop)  CMD ["/usr/local/openresty/bin/openresty" "-g" "daemon off;"]`,
    expected: { base: 'library/alpine', distro: 'alpine', runtime: 'nginx' },
  },
  {
    is: 'a whole tree that nothing names',
    found: 'debian:7.6, the history of 2014 in a Go test, file 31650854',
    history: `
      2014-09-04T18:43:33 37MB /bin/sh -c #(nop) ADD file:1ee9e97209d00e3416a4543b23574cc7259684741a46bbcbc755909b8a053a38 in /
      2014-09-04T18:43:36 - /bin/sh -c #(nop) CMD [/bin/bash]`,
    expected: { base: 'scratch', distro: undefined, variant: undefined },
  },
  {
    is: "an application on SUSE's base image itself",
    found: 'labels of registry.suse.com/suse/sle15:15.5.36.5.18 beneath another image, file 8883409602',
    history: `
      2023-07-20T17:55:40 45MB KIWI 9.24.43
      2023-08-20 60MB RUN /bin/sh -c zypper -n install curl # buildkit
      2023-08-20 60MB COPY rancher /usr/bin/ # buildkit`,
    labels: {
      'com.suse.bci.base.reference': 'registry.suse.com/suse/sle15:15.5.36.5.18',
      'com.suse.bci.base.version': '15.5.36.5.18',
      'org.opensuse.reference': 'registry.suse.com/suse/sle15:15.5.36.5.18',
    },
    expected: { base: 'registry.suse.com/suse/sle15:15.5.36.5.18', distro: 'sles 15.5' },
  },
  {
    is: "an application on another image of SUSE's",
    found: 'made up beside the one above',
    history: `
      2025-03-01 45MB KIWI 10.1.18
      2025-04-20 60MB COPY app.py /app/ # buildkit`,
    labels: {
      'com.suse.bci.base.reference': 'registry.suse.com/suse/sle15:15.6.47.18.1',
      'com.suse.bci.base.version': '15.6.47.18.1',
      'org.opensuse.reference': 'registry.suse.com/bci/python:3.11-60.1',
    },
    expected: { base: 'not-in-catalogue', distro: 'sles 15.6' },
  },
  {
    is: 'ASP.NET on slices of Ubuntu',
    found: 'dotnet/dotnet-docker, src/runtime-deps/8.0/noble-chiseled/amd64/Dockerfile, and what builds on it',
    history: `
      2025-02-11T01:00:00 5MB COPY /rootfs / # buildkit
      2025-02-11T01:00:00 - ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true
      2025-02-11T01:00:00 100B COPY --chown=1654:1654 /rootfs/home/app /home/app # buildkit
      2025-02-11T01:00:00 - USER 1654
      2025-02-11T02:00:00 - ENV DOTNET_VERSION=8.0.13
      2025-02-11T02:00:00 30MB COPY /dotnet /usr/share/dotnet # buildkit
      2025-02-11T03:00:00 - ENV ASPNET_VERSION=8.0.13
      2025-02-11T03:00:00 10MB COPY /shared/Microsoft.AspNetCore.App /usr/share/dotnet/shared/Microsoft.AspNetCore.App # buildkit
      2025-03-11 - WORKDIR /app
      2025-03-11 9MB COPY /app/publish . # buildkit
      2025-03-11 - ENTRYPOINT ["dotnet" "app.dll"]`,
    expected: {
      base: 'mcr.microsoft.com/dotnet/aspnet',
      distro: 'ubuntu',
      runtime: 'dotnet 8.0.13',
      variant: 'minimal',
    },
  },
  {
    is: 'a function for AWS Lambda, whose packages dnf installs',
    found:
      'Dockerfiles of public.ecr.aws/lambda (file 38059595048) and of a function on python:3.12 (file 14378961680)',
    history: `
      2025-03-01T01:00:00 30MB ADD 07ffd6fa51530eb43b.tar.xz / # buildkit
      2025-03-01T01:00:05 60MB ADD b51f658fe30a12a762.tar.xz / # buildkit
      2025-03-01T01:00:05 - ENV LANG=en_US.UTF-8
      2025-03-01T01:00:05 - ENV PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin
      2025-03-01T01:00:05 - ENV LD_LIBRARY_PATH=/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib
      2025-03-01T01:00:05 - ENV LAMBDA_TASK_ROOT=/var/task
      2025-03-01T01:00:05 - WORKDIR /var/task
      2025-03-01T01:00:05 - ENTRYPOINT ["/lambda-entrypoint.sh"]
      2025-03-11 60MB RUN /bin/sh -c dnf install -y gcc && dnf clean all # buildkit
      2025-03-11 60MB RUN /bin/sh -c pip install -r requirements.txt # buildkit
      2025-03-11 - CMD ["app.handler"]`,
    expected: { base: 'not-in-catalogue', distro: 'amzn 2023', runtime: 'python' },
  },
  {
    is: "PostgreSQL on Debian 9, by its packages' version",
    found: 'library/postgres:11 of 2019, `docker inspect`, file 16148366228',
    history: `
      2019-03-04T00:00:00 22MB /bin/sh -c #(nop) ADD file:5ea7dfe8c8bc87ebe0d9d4ed2e3a6f9a in / 
      2019-03-04T00:00:00 - /bin/sh -c #(nop)  CMD ["bash"]
      2019-03-08T02:20:00 4MB /bin/sh -c set -ex; apt-get update; apt-get install -y --no-install-recommends gnupg dirmngr
      2019-03-08T02:27:00 - /bin/sh -c #(nop)  ENV PG_VERSION=11.2-1.pgdg90+1
      2019-03-08T02:28:00 80MB /bin/sh -c set -ex; apt-get update; apt-get install -y postgresql-$PG_MAJOR=$PG_VERSION
      2019-03-08T02:28:29 4kB /bin/sh -c #(nop) COPY file:06aacea0082744225fdd508b7ef4d5280ad1b35ec665f4399894e8fd2cfd37ad in /usr/local/bin/ 
      2019-03-08T02:28:30 - /bin/sh -c #(nop)  ENTRYPOINT ["docker-entrypoint.sh"]
      2019-03-08T02:28:30 - /bin/sh -c #(nop)  CMD ["postgres"]`,
    expected: { base: 'library/debian:stretch-slim', distro: 'debian 9' },
  },
  {
    is: "Ubuntu of late 2022, which had Debian's CMD",
    found: 'library/ubuntu:jammy of 2 November 2022 beneath another image, file 1120627376',
    history: `
      2022-11-02T18:25:55 30.4MB /bin/sh -c #(nop) ADD file:29c72d5be8c977acaeb6391aeb23ec27559b594e25a0bb3a6dd280bac2847b7f in / 
      2022-11-02T18:25:55 - /bin/sh -c #(nop)  CMD ["bash"]
      2022-11-18T02:26:02 - ENV PAIN_METER=99
      2022-11-18T02:26:02 100B WORKDIR /usr/src/app`,
    expected: { distro: undefined, base: 'not-in-catalogue' },
  },
  {
    is: 'a step that BuildKit marked as empty, and appended',
    found: 'a talk on small images, `docker history` of neurowatch, file 32425125101',
    history: `
      2023-11-01T00:00:00 3.4MB /bin/sh -c #(nop) ADD file:756183bba9c7f4593c2b216e98e4208b9163c4c962ea0837ef88bd917609d001 in / 
      2023-11-01T00:00:00 - /bin/sh -c #(nop)  CMD ["/bin/sh"]
      2024-01-10T00:00:00 100B WORKDIR /app
      2024-01-10T19:00:00 - ENTRYPOINT ["/app/app"]
      2024-01-10T19:00:00 - COPY /app/neurowatch/target/native/neurowatch /app/app # buildkit
      2024-01-10T20:00:00 70MB [stage-1 3/3] COPY --from=builder /app/neurowatch/target/native/neurowatch /app/app`,
    comment: 'buildkit.exporter.image.v0',
    expected: { base: 'library/alpine', distro: 'alpine', multiStage: 'yes' },
  },
  {
    is: 'nginx, patched by Copacetic',
    found:
      'library/nginx:1.21.6-patched, `docker history` in the documentation of project-copacetic/copacetic, file 7080500201',
    history: `
      2022-03-29T00:00:00 31MB /bin/sh -c #(nop) ADD file:966d3669b40f5fbaecee1ecbeb58debe19001076da5d94717080d55efbc25971 in / 
      2022-03-29T00:00:00 - /bin/sh -c #(nop)  CMD ["bash"]
      2022-03-29T12:00:00 - ENV NGINX_VERSION=1.21.6
      2022-03-29T12:00:00 - ENV PKG_RELEASE=1~bullseye
      2022-03-29T12:00:00 25MB RUN /bin/sh -c set -x && apt-get update && apt-get install -y nginx # buildkit
      2022-03-29T12:00:00 - ENTRYPOINT ["/docker-entrypoint.sh"]
      2022-03-29T12:00:00 - CMD ["nginx" "-g" "daemon off;"]
      2022-06-29T12:00:00 26MB mount / from exec sh -c apt install --no-install-recommends -y libssl1.1`,
    expected: { base: 'library/nginx:1.21.6', distro: 'debian 11', runtime: 'nginx 1.21.6' },
  },
  {
    is: "what Podman started from Alpine, whose name stands with the build's first step alone",
    found: 'quay.io/qxu/sleep, `podman inspect`, file 20442538765',
    history: `
      2024-09-06T12:05:36 3.6MB ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit
      2024-09-06T12:05:36 - CMD ["/bin/sh"]
      2025-04-27T02:15:05 - /bin/sh -c #(nop) ENTRYPOINT ["sleep"]
      2025-04-27T02:15:05 - /bin/sh -c #(nop) CMD ["3600"]`,
    comments: ['buildkit.dockerfile.v0', 'buildkit.dockerfile.v0', 'FROM docker.io/library/alpine:latest', ''],
    expected: { base: 'library/alpine:latest', layerCount: 1, distro: 'alpine 3.20.3', buildTool: 'buildah' },
  },
  {
    is: 'what Podman built on Ubuntu in an hour, step by step',
    found: 'docker.io/johnsloe/torcs-competition:amd64, `podman inspect`, file 57084594656',
    history: `
      2026-02-10T17:40:06 - /bin/sh -c #(nop)  ARG LAUNCHPAD_BUILD_ARCH
      2026-02-10T17:40:06 - /bin/sh -c #(nop)  LABEL org.opencontainers.image.version=22.04
      2026-02-10T17:40:09 29.5MB /bin/sh -c #(nop) ADD file:52c0e467fa2e92f101018df01a0ff56580c752b7553fbe6df88e16b02af6d4ee in / 
      2026-02-10T17:40:09 - /bin/sh -c #(nop)  CMD ["/bin/bash"]
      2026-03-10T07:38:58 - /bin/sh -c #(nop) ENV DEBIAN_FRONTEND=noninteractive
      2026-03-10T07:38:58 - /bin/sh -c #(nop) ENV TZ=UTC
      2026-03-10T07:43:36 900MB /bin/sh -c apt-get update && apt-get install -y --no-install-recommends build-essential python3 python3-pip && rm -rf /var/lib/apt/lists/*
      2026-03-10T08:16:33 3GB /bin/sh -c pip3 install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cu121 torch gymnasium
      2026-03-10T08:22:32 1kB /bin/sh -c #(nop) COPY file:3462c1ccf7a49855affad5a2e69077435f5bee658dc3742904bec7417515c6a5 in /usr/local/bin/start.sh      
      2026-03-10T08:22:33 - /bin/sh -c #(nop) CMD ["/usr/local/bin/start.sh"]`,
    comments: ['FROM docker.io/library/ubuntu:22.04', '', '', '', '', ''],
    labels: { 'io.buildah.version': '1.43.0', 'org.opencontainers.image.version': '22.04' },
    expected: { base: 'library/ubuntu:22.04', layerCount: 1, distro: 'ubuntu 22.04', buildTool: 'buildah' },
  },
  {
    is: 'a node of kind, squashed into one layer',
    found: 'kindest/node of May 2025, its config in a text about kind, file 57464987003',
    history: `
      2025-05-21T00:57:52 400MB COPY / / # buildkit
      2025-05-21T00:57:52 - ENV container=docker
      2025-05-21T00:57:52 - STOPSIGNAL SIGRTMIN+3
      2025-05-21T00:57:52 - ENTRYPOINT ["/usr/local/bin/entrypoint" "/sbin/init"]`,
    expected: { base: 'scratch', multiStage: 'yes', variant: undefined },
  },
  {
    is: 'a program out of an image of ko',
    found: 'an image on distroless with grpc-health-probe, `skopeo inspect --config`, file 33151638365',
    history: `
      1970-01-01 2MB bazel build ...
      2022-09-21T15:35:14 10MB COPY /ko-app/grpc-health-probe /bin/grpc_health_probe # buildkit
      2022-09-21T15:35:14 1kB COPY nsswitch.conf /etc/nsswitch.conf # buildkit`,
    env: ['SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt'],
    expected: { multiStage: 'yes', distro: 'debian', variant: 'distroless' },
  },
  {
    is: 'a program that Bazel put on Node.js, without a word in the history',
    found: 'bazel-contrib/rules_oci, oci/private/image.sh',
    history: `${NODE}
      ? 30MB
      ? 2MB`,
    entrypoint: ['/app/server'],
    expected: { base: 'library/node:20-bookworm-slim', layerCount: 4, runtime: 'node 20.18.0', multiStage: 'unknown' },
  },
  {
    is: 'a program that Bazel put on Debian',
    found: 'bazel-contrib/rules_oci, oci/private/image.sh',
    history: `${BOOKWORM}
      ? 30MB`,
    entrypoint: ['/app/server'],
    expected: { base: 'library/debian:bookworm-slim', layerCount: 1, multiStage: 'unknown' },
  },
  {
    is: "a program that Bazel put on a company's image on Node.js",
    found: 'bazel-contrib/rules_oci, oci/private/image.sh',
    history: `${NODE}
      2026-02-01 2kB COPY ca.crt /usr/local/share/ca-certificates/ # buildkit
      2026-02-01 - CMD ["node" "server.js"]
      ? 30MB`,
    expected: { base: 'not-in-catalogue', layerCount: 5 },
  },
  {
    is: "a layer that crane appended to a company's image on Node.js",
    found: 'google/go-containerregistry, pkg/v1/mutate/mutate.go',
    history: `${NODE}
      2026-02-01 2kB COPY ca.crt /usr/local/share/ca-certificates/ # buildkit
      2026-02-01 - CMD ["node" "server.js"]
      - 30MB `,
    expected: { base: 'not-in-catalogue', layerCount: 5 },
  },
  {
    is: "a Ruby application by buildpacks on Heroku's image, whose history they keep",
    found: 'buildpacks/lifecycle, layers/factory.go',
    history: `
      2026-01-05 29MB /bin/sh -c #(nop) ADD file:21c2e8d95909bec6 in / 
      2026-01-05 - /bin/sh -c #(nop)  CMD ["/bin/bash"]
      2026-01-06 120MB RUN /bin/sh -c /tmp/setup.sh # buildkit
      2026-01-06 - USER heroku
      1980-01-01T00:00:01 30MB Layer: 'ruby', Created by buildpack: heroku/ruby@5.1.0
      1980-01-01T00:00:01 1MB Software Bill-of-Materials
      1980-01-01T00:00:01 2MB Application Layer
      1980-01-01T00:00:01 2MB Buildpacks Application Launcher`,
    labels: {
      'io.buildpacks.lifecycle.metadata': '{"runImage":{"image":"heroku/heroku:24"}}',
      'io.buildpacks.build.metadata': '{"buildpacks":[{"id":"heroku/ruby"}]}',
    },
    expected: { base: 'heroku/heroku:24', buildTool: 'buildpacks', runtime: 'ruby' },
  },
  {
    is: "a program on Microsoft's image, where Docker on Windows made a layer of each setting",
    found:
      'docker-library/repo-info, nats/remote/windowsservercore.md; dotnet/dotnet-docker, runtime/nanoserver-ltsc2022',
    os: 'windows',
    osVersion: '10.0.20348.2227',
    history: `
      2026-01-04 120MB Apply image 10.0.20348.2227
      2026-01-10 1kB cmd /S /C #(nop)  ENV DOTNET_RUNNING_IN_CONTAINER=true DOTNET_VERSION=8.0.1
      2026-01-10 70kB cmd /S /C setx /M PATH "%PATH%;C:\\Program Files\\dotnet"
      2026-01-10 1kB cmd /S /C #(nop)  USER ContainerUser
      2026-01-10 30MB cmd /S /C #(nop) COPY dir:0f1e in C:\\Program Files\\dotnet 
      2026-01-11 1kB cmd /S /C #(nop)  ENV ASPNET_VERSION=8.0.1
      2026-01-11 10MB cmd /S /C #(nop) COPY dir:2d3c in C:\\Program Files\\dotnet\\shared 
      2026-02-10 1kB cmd /S /C #(nop) WORKDIR C:\\app
      2026-02-10 20MB cmd /S /C #(nop) COPY dir:4b5a in . 
      2026-02-10 1kB cmd /S /C #(nop)  ENTRYPOINT ["dotnet" "app.dll"]`,
    env: ['DOTNET_RUNNING_IN_CONTAINER=true', 'DOTNET_VERSION=8.0.1', 'ASPNET_VERSION=8.0.1'],
    expected: { base: 'mcr.microsoft.com/dotnet/aspnet', layerCount: 7, runtime: 'dotnet 8.0.1' },
  },
];

testVerdicts('$is ($found)', cases);
