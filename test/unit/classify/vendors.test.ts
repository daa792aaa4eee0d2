import { ALPINE, JAMMY, TEMURIN, UBI_LABELS } from '../../support/official-histories.ts';
import { type ExpectedImage, testVerdicts } from '../../support/verdict-summary.ts';

// Applications on images that vendors and projects publish beside Docker's official ones, as their Dockerfiles make them.

const APP = '2026-10-15T08:00:00';
const BOOKWORM = `
  2026-01-05T00:00:00 28MB # debian.sh --arch 'amd64' out/ 'bookworm' '@1767571200'`;
const UBI_MICRO = `
  2026-08-05T05:12:13 8MB /bin/sh -c #(nop) COPY dir:566bd7ceef314001 in /      
  2026-08-05T05:12:13 - /bin/sh -c #(nop) COPY file:1376702515d596f4 in /etc/yum.repos.d/.      
  2026-08-05T05:12:13 - /bin/sh -c #(nop) CMD /bin/sh
  2026-08-05T05:12:13 - /bin/sh -c #(nop) LABEL "build-date"="2026-08-05T05:11:46Z"`;
const MINICONDA = `${BOOKWORM}
  2026-02-01T10:00:20 50MB RUN /bin/sh -c apt-get update -q && apt-get install -q -y --no-install-recommends bzip2 ca-certificates git wget # buildkit
  2026-02-01T10:00:20 - ENV PATH=/opt/conda/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  2026-02-01T10:00:20 - CMD ["/bin/bash"]
  2026-02-01T10:00:20 - ARG INSTALLER_URL_LINUX64=https://repo.anaconda.com/miniconda/Miniconda3-py312_24.4.0-0-Linux-x86_64.sh
  2026-02-01T10:01:20 100MB RUN /bin/sh -c set -x && wget "\${INSTALLER_URL}" -O miniconda.sh -q && bash miniconda.sh -b -p /opt/conda # buildkit`;
/** The history of `buildpack-deps:trixie`. */
const BUILDPACK_DEPS = `
  2026-07-13T00:00:00 49MB RUN # debian.sh --arch 'amd64' out/ 'trixie' '@1783900800'
  2026-07-14T01:43:51 24MB RUN set -eux; \tapt-get update; \tapt-get install -y --no-install-recommends \t\tca-certificates \t\tcurl \t\tgnupg \t\tnetbase \t\tsq \t\twget \t; \tapt-get dist-clean # buildkit
  2026-07-14T02:29:57 64MB RUN set -eux; \tapt-get update; \tapt-get install -y --no-install-recommends \t\tgit \t\tmercurial \t\topenssh-client \t\tsubversion \t\t\t\tprocps \t; \tapt-get dist-clean # buildkit
  2026-07-14T03:20:57 211MB RUN set -ex; \tapt-get update; \tapt-get install -y --no-install-recommends \t\tautoconf \t\tfile \t\tg++ \t\tgcc # buildkit`;
const NODE = `${BUILDPACK_DEPS}
  2026-08-14T10:00:00 9kB RUN /bin/sh -c groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home node # buildkit
  2026-08-14T10:00:00 - ENV NODE_VERSION=24.11.1
  2026-08-14T10:00:09 50MB RUN /bin/sh -c curl -fsSLO https://nodejs.org/dist/v$NODE_VERSION/node-v$NODE_VERSION-linux-x64.tar.xz # buildkit
  2026-08-14T10:00:15 1kB COPY docker-entrypoint.sh /usr/local/bin/ # buildkit
  2026-08-14T10:00:15 - ENTRYPOINT ["docker-entrypoint.sh"]
  2026-08-14T10:00:15 - CMD ["node"]`;
const PUPPETEER = `${NODE}
  2026-08-20T10:00:00 - ENV LANG=en_US.UTF-8 PPTRUSER_UID=10042
  2026-08-20T10:00:40 180MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends fonts-ipafont-gothic dbus dbus-x11 # buildkit
  2026-08-20T10:00:41 9kB RUN /bin/sh -c groupadd -r pptruser && useradd -u $PPTRUSER_UID -rm -g pptruser -G audio,video pptruser # buildkit
  2026-08-20T10:00:41 - USER 10042
  2026-08-20T10:00:41 32B WORKDIR /home/pptruser
  2026-08-20T10:00:41 9MB COPY puppeteer-browsers-latest.tgz puppeteer-latest.tgz puppeteer-core-latest.tgz ./ # buildkit
  2026-08-20T10:00:59 30MB RUN /bin/sh -c npm i ./puppeteer-browsers-latest.tgz ./puppeteer-core-latest.tgz ./puppeteer-latest.tgz # buildkit
  2026-08-20T10:00:59 - USER root
  2026-08-20T10:01:59 300MB RUN /bin/sh -c PUPPETEER_CACHE_DIR=/home/pptruser/.cache/puppeteer npx puppeteer browsers install chrome --install-deps # buildkit
  2026-08-20T10:01:59 - USER 10042
  2026-08-20T10:02:01 1kB RUN /bin/sh -c node -e "require('child_process').execSync(require('puppeteer').executablePath() + ' --credits')" > THIRD_PARTY_NOTICES # buildkit`;
const FRANKENPHP = `
  2026-08-24T00:00:00 29.8MB RUN # debian.sh --arch 'amd64' out/ 'trixie' '@1787529600'
  2026-08-25T00:36:38 - ENV PHP_INI_DIR=/usr/local/etc/php
  2026-08-25T00:36:38 - ENV PHP_VERSION=8.4.21
  2026-08-25T00:39:17 12MB RUN /bin/sh -c ./configure --enable-embed --enable-zts; make -j "$(nproc)"; make install # buildkit
  2026-08-25T00:39:18 - ENTRYPOINT ["docker-php-entrypoint"]
  2026-08-25T00:39:18 - CMD ["php" "-a"]
  2026-08-26T10:00:00 32B WORKDIR /app
  2026-08-26T10:00:09 12MB RUN /bin/sh -c apt-get update && apt-get -y --no-install-recommends install mailcap libcap2-bin && rm -rf /var/lib/apt/lists/* # buildkit
  2026-08-26T10:00:10 1kB RUN /bin/sh -c set -eux; mkdir -p /app/public /etc/caddy; sed -i 's/php/frankenphp run/g' /usr/local/bin/docker-php-entrypoint # buildkit
  2026-08-26T10:00:10 1kB COPY --link caddy/frankenphp/Caddyfile /etc/caddy/Caddyfile # buildkit
  2026-08-26T10:00:10 - CMD ["--config" "/etc/caddy/Caddyfile" "--adapter" "caddyfile"]
  2026-08-26T10:00:10 - LABEL org.opencontainers.image.title=FrankenPHP
  2026-08-26T10:05:00 60MB COPY /usr/local/bin/frankenphp /usr/local/bin/frankenphp # buildkit
  2026-08-26T10:05:01 1kB RUN /bin/sh -c setcap cap_net_bind_service=+ep /usr/local/bin/frankenphp && frankenphp version # buildkit`;
const bun = (debian: string) => `
  2026-08-24T00:00:00 ${debian} RUN # debian.sh --arch 'amd64' out/ 'trixie' '@1787529600'
  2026-09-02T10:00:00 - ENV BUN_RUNTIME_TRANSPILER_CACHE_PATH=0
  2026-09-02T10:00:00 40MB COPY /usr/local/bin/bun /usr/local/bin/bun # buildkit
  2026-09-02T10:00:02 - CMD ["/usr/local/bin/bun"]
  ${APP} 9MB COPY . . # buildkit`;
const JENKINS = `
  2026-08-24T00:00:00 29.8MB RUN # debian.sh --arch 'amd64' out/ 'trixie' '@1787529600'
  2026-08-26T10:00:00 45MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates curl git tini # buildkit
  2026-08-26T10:00:00 - ENV JENKINS_HOME=/var/jenkins_home
  2026-08-26T10:00:01 - ENV JAVA_HOME=/opt/java/openjdk
  2026-08-26T10:00:02 60MB COPY /javaruntime /opt/java/openjdk # buildkit
  2026-08-26T10:00:02 95MB COPY /war/jenkins.war /usr/share/jenkins/jenkins.war # buildkit
  2026-08-26T10:00:02 - USER jenkins
  2026-08-26T10:00:03 2kB COPY jenkins.sh /usr/local/bin/jenkins.sh # buildkit
  2026-08-26T10:00:03 - ENV JENKINS_VERSION=2.574
  2026-08-26T10:00:03 - ENTRYPOINT ["/usr/bin/tini" "--" "/usr/local/bin/jenkins.sh"]
  2026-08-26T10:00:03 - LABEL org.opencontainers.image.vendor=Jenkins project`;
const PHP_APACHE = `${BOOKWORM}
  2026-08-25 - ENV PHP_INI_DIR=/usr/local/etc/php
  2026-08-25 - ENV PHP_VERSION=8.3.33
  2026-08-25 12MB RUN /bin/sh -c set -eux; ./configure --with-apxs2; make -j "$(nproc)" # buildkit
  2026-08-25 - CMD ["apache2-foreground"]`;
const playwright = (path: string) => `${JAMMY}
  2026-08-15T10:00:00 - ARG DOCKER_IMAGE_NAME_TEMPLATE=mcr.microsoft.com/${path}:v%version%-jammy
  2026-08-15T10:01:00 90MB RUN /bin/sh -c apt-get update && apt-get install -y curl git # buildkit
  2026-08-15T10:01:00 - ENV PLAYWRIGHT_BROWSERS_PATH=/ms-playwright
  2026-08-15T10:03:00 600MB RUN /bin/sh -c mkdir /ms-playwright && playwright install --with-deps # buildkit
  ${APP} 9MB COPY . /tests # buildkit`;

const cases: readonly ExpectedImage[] = [
  {
    is: 'a shop on MySQL, whose image is on Oracle Linux',
    history: `
      2026-09-11 47.9MB ADD oraclelinux-9-slim-amd64-rootfs.tar.xz / # buildkit
      2026-09-11 - CMD ["/bin/bash"]
      2026-09-12 - ENV MYSQL_VERSION=8.4.10-1.el9
      2026-09-12 51.6MB RUN /bin/sh -c set -eux; microdnf install -y "mysql-community-server-minimal-$MYSQL_VERSION" # buildkit
      2026-09-12 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-09-12 - CMD ["mysqld"]
      ${APP} 1kB COPY schema.sql /docker-entrypoint-initdb.d/ # buildkit`,
    expected: { base: 'library/mysql', distro: 'ol 9' },
  },
  {
    is: "AWS Lambda's image, whose root file system is its own",
    history: `
      2026-09-01 38MB ADD x86_64/1ebe9859248159d10557a6477c2f2127.tar.xz / # buildkit
      2026-09-01 60MB ADD x86_64/7829ac41fab0373bf7e054ee844a8b50.tar.xz / # buildkit
      2026-09-01 - ENTRYPOINT ["/lambda-entrypoint.sh"]`,
    env: ['LD_LIBRARY_PATH=/var/lang/lib:/lib64', 'LAMBDA_TASK_ROOT=/var/task'],
    expected: { base: 'not-in-catalogue', distro: 'amzn' },
  },
  {
    is: 'a theme on WordPress, whose Dockerfile sets no variable',
    history: `${PHP_APACHE}
      2026-08-26 25MB RUN /bin/sh -c set -eux; version='6.8.2'; curl -o wordpress.tar.gz -fL "https://wordpress.org/wordpress-$version.tar.gz" # buildkit
      2026-08-26 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-08-26 - CMD ["apache2-foreground"]
      ${APP} 9MB COPY themes /usr/src/wordpress/wp-content/themes # buildkit`,
    expected: { base: 'library/wordpress', runtime: 'php 8.3.33' },
  },
  {
    is: 'modules on Drupal, whose Dockerfile has no CMD',
    history: `${PHP_APACHE}
      2026-08-26 - ENV DRUPAL_VERSION=11.2.3
      2026-08-26 25MB RUN /bin/sh -c composer create-project --no-interaction "drupal/recommended-project:$DRUPAL_VERSION" ./ # buildkit
      ${APP} 9MB RUN /bin/sh -c composer install --no-dev # buildkit`,
    expected: { base: 'library/drupal', runtime: 'php 8.3.33' },
  },
  {
    is: 'an application on Nextcloud',
    history: `${PHP_APACHE}
      2026-08-26 - ENV NEXTCLOUD_VERSION=31.0.8
      2026-08-26 150MB RUN /bin/sh -c set -ex; curl -fsSL -o nextcloud.tar.bz2 "https://download.nextcloud.com/server/releases/nextcloud.tar.bz2" # buildkit
      2026-08-26 - ENTRYPOINT ["/entrypoint.sh"]
      2026-08-26 - CMD ["apache2-foreground"]
      ${APP} 9MB COPY . /added # buildkit`,
    expected: { base: 'library/nextcloud' },
  },
  {
    is: 'a theme on Ghost',
    history: `${BOOKWORM}
      2026-08-26 - ENV NODE_VERSION=22.19.0
      2026-08-26 50MB RUN /bin/sh -c curl -fsSLO "https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz" # buildkit
      2026-08-26 - CMD ["node"]
      2026-08-27 - ENV GHOST_INSTALL=/var/lib/ghost
      2026-08-27 - ENV GHOST_VERSION=6.0.8
      2026-08-27 200MB RUN /bin/sh -c gosu node ghost install "$GHOST_VERSION" --no-prompt # buildkit
      2026-08-27 - ENTRYPOINT ["docker-entrypoint.sh"]
      2026-08-27 - CMD ["node" "current/index.js"]
      ${APP} 9MB COPY . /added # buildkit`,
    expected: { base: 'library/ghost' },
  },
  {
    is: 'plugins on Redmine',
    history: `${BOOKWORM}
      2026-08-26 - ENV REDMINE_VERSION=6.0.6
      2026-08-26 90MB RUN /bin/sh -c wget -O redmine.tar.gz "$REDMINE_DOWNLOAD_URL" # buildkit
      2026-08-26 - ENTRYPOINT ["/docker-entrypoint.sh"]
      2026-08-26 - CMD ["rails" "server" "-b" "0.0.0.0"]
      ${APP} 9MB COPY . /added # buildkit`,
    expected: { base: 'library/redmine' },
  },
  {
    is: 'modules on Odoo',
    history: `${JAMMY}
      2026-08-26 - ENV ODOO_VERSION=18.0
      2026-08-26 400MB RUN /bin/sh -c curl -o odoo.deb -sSL http://nightly.odoo.com/odoo.deb && apt-get -y install ./odoo.deb # buildkit
      2026-08-26 - USER odoo
      2026-08-26 - ENTRYPOINT ["/entrypoint.sh"]
      2026-08-26 - CMD ["odoo"]
      ${APP} 9MB COPY . /added # buildkit`,
    expected: { base: 'library/odoo' },
  },
  {
    is: 'configsets on Solr',
    history: `${TEMURIN}
      2026-10-01 - ARG SOLR_VERSION=9.7.0
      2026-10-01 230MB RUN /bin/sh -c tar -C /opt --extract --file "/opt/$SOLR_BINARY" # buildkit
      2026-10-01 - USER 8983
      2026-10-01 - CMD ["solr-foreground"]
      ${APP} 9MB COPY . /added # buildkit`,
    expected: { base: 'library/solr' },
  },
  {
    is: 'plugins on SonarQube',
    history: `${TEMURIN}
      2026-10-01 - ENV SONARQUBE_HOME=/opt/sonarqube SONAR_VERSION=25.9.0
      2026-10-01 700MB RUN /bin/sh -c curl --fail --location --output sonarqube.zip "\${SONARQUBE_ZIP_URL}" # buildkit
      2026-10-01 - USER sonarqube
      2026-10-01 - ENTRYPOINT ["/opt/sonarqube/docker/entrypoint.sh"]
      ${APP} 9MB COPY . /added # buildkit`,
    expected: { base: 'library/sonarqube' },
  },
  {
    is: "a company's own installation of Drupal, which sets the variable of the official image",
    history: `${PHP_APACHE}
      2026-08-26 - ENV DRUPAL_VERSION=11.2.3
      2026-08-26 25MB RUN /bin/sh -c curl -fsSL https://ftp.example.com/drupal-$DRUPAL_VERSION.tar.gz | tar -xz # buildkit
      2026-08-26 - CMD ["/start.sh"]
      ${APP} 9MB COPY modules modules # buildkit`,
    expected: { base: 'not-in-catalogue' },
  },
  {
    is: 'a script on Perl, whose Dockerfile sets no variable',
    history: `${BUILDPACK_DEPS}
      2026-08-05T04:15:00 1kB WORKDIR /usr/src/perl
      2026-08-05T04:45:00 15MB RUN /bin/sh -c true && curl -fL https://cpan.metacpan.org/authors/id/B/BO/BOOK/perl-5.42.0.tar.gz -o perl-5.42.0.tar.gz && make install # buildkit
      2026-08-05T04:45:00 1kB WORKDIR /usr/src/app
      2026-08-05T04:45:00 - CMD ["perl5.42.0" "-de0"]
      ${APP} 9MB RUN /bin/sh -c cpanm --installdeps --notest . # buildkit`,
    cmd: ['perl', 'app.pl'],
    expected: { base: 'library/perl', runtime: 'perl', variant: 'full' },
  },
  {
    is: 'plugins on Jenkins, whose Dockerfile ends with a label',
    history: `${JENKINS}
      ${APP} 90MB RUN /bin/sh -c jenkins-plugin-cli -f /usr/share/jenkins/ref/plugins.txt # buildkit`,
    expected: { base: 'jenkins/jenkins', runtime: 'java' },
  },
  {
    is: 'plugins on Jenkins, by another builder',
    history: `${JENKINS.replaceAll(' # buildkit', '').replaceAll(/ - (?=[A-Z])/g, ' - /bin/sh -c #(nop)  ')}
      ${APP} 90MB RUN /bin/sh -c jenkins-plugin-cli -f /usr/share/jenkins/ref/plugins.txt # buildkit`,
    expected: { base: 'jenkins/jenkins', runtime: 'java' },
  },
  {
    is: 'Jenkins itself',
    history: JENKINS,
    expected: { base: 'library/debian:trixie-slim', runtime: 'java' },
  },
  {
    is: 'Bun on slim Debian, whose tag no variable names',
    history: bun('29.8MB'),
    expected: { base: 'oven/bun', variant: 'slim' },
  },
  {
    is: 'Bun on full Debian',
    history: bun('49.3MB'),
    expected: { base: 'oven/bun', variant: undefined },
  },
  {
    is: "a program on a company's image on slim Debian",
    history: `
      2026-03-01 29MB /bin/sh -c #(nop) ADD file:b7c0123 in / 
      2026-03-01 - /bin/sh -c #(nop)  CMD ["bash"]
      2026-04-01 30MB RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit
      2026-04-01 - ENTRYPOINT ["/start.sh"]
      ${APP} 9MB COPY app /app # buildkit`,
    expected: { base: 'not-in-catalogue', distro: 'debian', variant: 'slim' },
  },
  {
    is: "a program on a vendor's own small Debian",
    history: `
      2026-01-01T02:00:00 28MB COPY rootfs/ / # buildkit
      2026-01-10T02:00:00 60MB RUN /bin/bash -o errexit -c install_packages ca-certificates # buildkit`,
    env: ['OS_FLAVOUR=debian-12'],
    expected: { distro: 'debian 12', variant: undefined },
  },
  {
    is: 'tests on Playwright for Node.js',
    history: playwright('playwright'),
    cmd: ['npx', 'playwright', 'test'],
    expected: { base: 'mcr.microsoft.com/playwright', runtime: 'node' },
  },
  {
    is: 'tests on Playwright for Python, which sets the same variable',
    history: playwright('playwright/python'),
    cmd: ['/run-tests.sh'],
    expected: { base: 'mcr.microsoft.com/playwright/python', runtime: 'python' },
  },
  {
    is: "tests on a company's image with the browsers, which names itself nowhere",
    history: `${JAMMY}
      2026-08-15 - ENV PLAYWRIGHT_BROWSERS_PATH=/ms-playwright
      2026-08-15 600MB RUN /bin/sh -c pip install playwright && playwright install --with-deps chromium # buildkit
      ${APP} 9MB COPY . /tests # buildkit`,
    cmd: ['pytest'],
    expected: { base: 'library/ubuntu:22.04', runtime: 'python' },
  },
  {
    is: "a model on CUDA with its libraries, each in a later build, which ends in NVIDIA's entrypoint",
    history: `${JAMMY}
      2026-08-05 - ENV NVARCH=x86_64
      2026-08-05 180MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends cuda-cudart-12-8 # buildkit
      2026-08-06 - ENV NV_CUDA_LIB_VERSION=12.8.1-1
      2026-08-06 900MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends libcublas-12-8 # buildkit
      2026-08-06 3kB COPY entrypoint.d/ /opt/nvidia/entrypoint.d/ # buildkit
      2026-08-06 - ENTRYPOINT ["/opt/nvidia/nvidia_entrypoint.sh"]
      ${APP} 1GB RUN /bin/sh -c apt-get update && apt-get install -y python3-pip && pip3 install vllm # buildkit`,
    cmd: ['python3', '-m', 'vllm'],
    expected: { base: 'nvidia/cuda', runtime: 'python' },
  },
  {
    is: 'CUDA on a universal base image',
    history: `2026-07-01 70MB 
      2026-08-05 - ENV NVARCH=x86_64
      2026-08-05 180MB RUN /bin/sh -c yum install -y cuda-cudart-12-8 # buildkit
      ${APP} 1GB COPY . . # buildkit`,
    labels: { ...UBI_LABELS, 'com.redhat.component': 'ubi9-container' },
    expected: { base: 'nvidia/cuda', distro: 'rhel 9' },
  },
  {
    is: 'a model on PyTorch, whose Dockerfile has no CMD',
    history: `${JAMMY}
      2026-08-05T10:00:00 - ARG PYTORCH_VERSION=2.9.1
      2026-08-05T10:00:00 - ARG TRITON_VERSION=
      2026-08-05T10:01:00 60MB RUN |4 PYTORCH_VERSION=2.9.1 TRITON_VERSION= TARGETPLATFORM=linux/amd64 CUDA_VERSION=13.0 /bin/sh -c apt-get update && apt-get install -y libjpeg-dev # buildkit
      2026-08-05T10:02:00 3GB COPY /opt/conda /opt/conda # buildkit
      2026-08-05T10:02:00 - ENV PYTORCH_VERSION=2.9.1
      2026-08-05T10:02:00 1kB WORKDIR /workspace
      ${APP} 1GB RUN /bin/sh -c pip install -r requirements.txt # buildkit`,
    cmd: ['python', 'serve.py'],
    expected: { base: 'pytorch/pytorch', distro: 'ubuntu 22.04', runtime: 'python' },
  },
  {
    is: 'a model on TensorFlow, whose Dockerfile has no CMD',
    history: `${JAMMY}
      2026-08-05T10:00:00 - ARG TF_PACKAGE=tensorflow
      2026-08-05T10:02:00 500MB RUN |2 TF_PACKAGE=tensorflow TF_PACKAGE_VERSION=2.15.0 /bin/sh -c python3 -m pip install --no-cache-dir \${TF_PACKAGE}==\${TF_PACKAGE_VERSION} # buildkit
      2026-08-05T10:02:00 1kB COPY bashrc /etc/bash.bashrc # buildkit
      2026-08-05T10:02:00 1kB RUN |2 TF_PACKAGE=tensorflow TF_PACKAGE_VERSION=2.15.0 /bin/sh -c chmod a+rwx /etc/bash.bashrc # buildkit
      ${APP} 90MB RUN /bin/sh -c pip install -r requirements.txt # buildkit`,
    cmd: ['python3', 'serve.py'],
    expected: { base: 'tensorflow/tensorflow', distro: 'ubuntu 22.04', runtime: 'python' },
  },
  {
    is: 'a notebook on TensorFlow',
    history: `${JAMMY}
      2026-08-05T10:00:00 - ENV TENSORFLOW_NOTEBOOK_DIR=/home/tfuser/notebooks
      2026-08-05T10:02:00 500MB RUN /bin/sh -c pip install --no-cache-dir \${TENSORFLOW_PACKAGE} # buildkit
      2026-08-05T10:02:00 1kB RUN /bin/sh -c chmod a+rwx /etc/bash.bashrc # buildkit
      2026-08-05T10:03:00 90MB RUN /bin/sh -c /setup.jupyter.sh # buildkit
      2026-08-05T10:03:00 - CMD ["bash" "-c" "source /etc/bash.bashrc && jupyter notebook"]
      ${APP} 9MB COPY notebooks . # buildkit`,
    cmd: ['bash', '-c', 'jupyter notebook'],
    expected: { base: 'tensorflow/tensorflow', distro: 'ubuntu 22.04' },
  },
  {
    is: 'a scraper on Puppeteer, whose Dockerfile has no CMD',
    history: `${PUPPETEER}
      ${APP} 20MB RUN /bin/sh -c npm ci --omit=dev # buildkit`,
    cmd: ['node', 'scrape.js'],
    expected: { base: 'ghcr.io/puppeteer/puppeteer', distro: 'debian 13', runtime: 'node 24.11.1' },
  },
  {
    is: "a company's image that names its user as Puppeteer does",
    history: `${NODE}
      2026-08-20T10:00:00 - ENV PPTRUSER_UID=10042
      2026-08-20T10:00:40 180MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends chromium # buildkit
      ${APP} 20MB RUN /bin/sh -c npm ci --omit=dev # buildkit`,
    cmd: ['node', 'scrape.js'],
    expected: { base: 'library/node:24-trixie', runtime: 'node 24.11.1' },
  },
  {
    is: 'an application on FrankenPHP, whose Dockerfile goes on after its CMD',
    history: `${FRANKENPHP}
      ${APP} 15MB RUN /bin/sh -c install-php-extensions pdo_mysql # buildkit
      ${APP} 9MB COPY . /app # buildkit`,
    expected: { base: 'dunglas/frankenphp', distro: 'debian 13', runtime: 'php 8.4.21' },
  },
  {
    is: 'a script on the Google Cloud CLI',
    history: `${BOOKWORM}
      2026-08-05T10:00:00 - ENV CLOUD_SDK_VERSION=540.0.0
      2026-08-05T10:01:00 1kB RUN |1 CLOUD_SDK_VERSION=540.0.0 /bin/sh -c groupadd -r -g 1000 cloudsdk &&     useradd -r -u 1000 -m -s /bin/bash -g cloudsdk cloudsdk # buildkit
      2026-08-05T10:02:00 300MB RUN |1 CLOUD_SDK_VERSION=540.0.0 /bin/sh -c apt-get update -qqy && apt-get install -qqy google-cloud-cli=\${CLOUD_SDK_VERSION}-0 # buildkit
      2026-08-05T10:02:00 - VOLUME [/root/.config]
      ${APP} 1kB COPY backup.sh /backup.sh # buildkit`,
    entrypoint: ['/backup.sh'],
    expected: { base: 'google/cloud-sdk', distro: 'debian 12' },
  },
  {
    is: 'an image of its own with the Google Cloud CLI, and another on top',
    history: `${BOOKWORM}
      2026-08-05T10:00:00 - ENV CLOUD_SDK_VERSION=540.0.0
      2026-08-05T10:02:00 300MB RUN /bin/sh -c curl -O https://dl.google.com/google-cloud-cli-\${CLOUD_SDK_VERSION}-linux-x86_64.tar.gz && gcloud config set metrics/environment github_docker_image # buildkit
      2026-08-05T10:02:00 - CMD ["/bin/bash"]
      ${APP} 1kB COPY backup.sh /backup.sh # buildkit`,
    expected: { base: 'not-in-catalogue', distro: 'debian 12' },
  },
  {
    is: "a program built with Docker's GCC, whose Dockerfile has no CMD",
    history: `${BUILDPACK_DEPS}
      2026-08-05T04:15:00 - ENV GCC_MIRRORS=https://ftpmirror.gnu.org/gcc \t\thttps://mirrors.kernel.org/gnu/gcc
      2026-08-05T04:15:00 - ENV GCC_VERSION=16.1.0
      2026-08-05T04:45:00 500MB RUN /bin/sh -c set -ex; \tsavedAptMark="$(apt-mark showmanual)"; \tapt-get update # buildkit
      ${APP} 9MB RUN /bin/sh -c make install # buildkit`,
    expected: { base: 'library/gcc', distro: 'debian 13', variant: 'full' },
  },
  {
    is: "a program on Docker's Dart, whose Dockerfile has no CMD",
    history: `${BOOKWORM}
      2026-02-05T04:15:00 30MB RUN /bin/sh -c set -eux;     apt-get update;     apt-get install -y --no-install-recommends ca-certificates curl dnsutils git openssh-client unzip # buildkit
      2026-02-05T04:15:00 - ENV DART_SDK=/usr/lib/dart
      2026-02-05T04:15:00 1kB WORKDIR /root
      2026-02-05T04:15:20 200MB RUN /bin/sh -c set -eux;     BASEURL="https://storage.googleapis.com/dart-archive/channels" # buildkit
      ${APP} 9MB RUN /bin/sh -c dart pub get # buildkit`,
    expected: { base: 'library/dart', distro: 'debian 12' },
  },
  {
    is: 'a script on Miniconda, whose CMD comes first',
    history: `${MINICONDA}
      ${APP} 900MB RUN /bin/sh -c conda env update -n base -f environment.yml # buildkit`,
    cmd: ['/start.sh'],
    expected: { base: 'continuumio/miniconda3', distro: 'debian 12', runtime: 'python' },
  },
  {
    is: 'an image of its own with the installer of Miniconda',
    history: `${BOOKWORM}
      ${APP} 100MB RUN /bin/sh -c wget https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh # buildkit`,
    entrypoint: ['conda', 'run', '-n', 'shop', 'python', 'main.py'],
    expected: { base: 'library/debian:bookworm-slim', runtime: 'python' },
  },
  {
    is: 'a program on Miniforge',
    history: `${JAMMY}
      2026-09-01T10:00:00 - ARG MINIFORGE_NAME=Miniforge3
      2026-09-01T10:01:00 130MB RUN /bin/sh -c apt-get update && apt-get install --yes tini && bash /tmp/miniforge.sh -b -p /opt/conda # buildkit
      2026-09-01T10:01:00 - ENTRYPOINT ["tini" "--"]
      2026-09-01T10:01:00 - CMD ["/bin/bash"]
      ${APP} 900MB RUN /bin/sh -c mamba env update -n base -f environment.yml # buildkit`,
    cmd: ['/start.sh'],
    expected: { base: 'condaforge/miniforge3', distro: 'ubuntu 22.04', runtime: 'python' },
  },
  {
    is: 'Python on micromamba, which changes the user, copies a file after its CMD, and contains no Python',
    history: `${BOOKWORM}
      2026-02-01T10:00:00 - ENV MAMBA_EXE=/bin/micromamba
      2026-02-01T10:00:00 7MB COPY /bin/micromamba /bin/micromamba # buildkit
      2026-02-01T10:00:02 1kB RUN /bin/sh -c /usr/local/bin/_dockerfile_initialize_user_accounts.sh && /usr/local/bin/_dockerfile_setup_root_prefix.sh # buildkit
      2026-02-01T10:00:02 - USER mambauser
      2026-02-01T10:00:02 - ENTRYPOINT ["/usr/local/bin/_entrypoint.sh"]
      2026-02-01T10:00:02 - CMD ["/bin/bash"]
      2026-02-01T10:00:02 1kB COPY _dockerfile_shell.sh /usr/local/bin/_dockerfile_shell.sh # buildkit
      2026-02-01T10:00:02 - SHELL [/usr/local/bin/_dockerfile_shell.sh]
      ${APP} 300MB RUN /usr/local/bin/_dockerfile_shell.sh micromamba install -y -n base -f /tmp/env.yaml # buildkit`,
    cmd: ['python', '/app/main.py'],
    expected: { base: 'mambaorg/micromamba', runtime: 'python' },
  },
  {
    is: 'an image of its own with micromamba, and another on top',
    history: `${BOOKWORM}
      2026-02-01T10:00:00 - ENV MAMBA_EXE=/bin/micromamba
      2026-02-01T10:00:00 7MB COPY /bin/micromamba /bin/micromamba # buildkit
      2026-02-01T10:00:02 - CMD ["/bin/bash"]
      ${APP} 300MB COPY . . # buildkit`,
    expected: { base: 'not-in-catalogue' },
  },
  {
    is: 'a program on the image of uv with Python',
    history: `${BOOKWORM}
      2026-02-01 - ENV PYTHON_VERSION=3.12.13
      2026-02-01 30MB RUN /bin/sh -c set -eux; wget -O python.tar.xz "https://www.python.org/ftp/python/Python.tar.xz" # buildkit
      2026-02-01 - CMD ["python3"]
      2026-03-01 20MB COPY /uv /uvx /usr/local/bin/ # buildkit
      2026-03-01 - ENV UV_TOOL_BIN_DIR=/usr/local/bin
      2026-03-01 - ENTRYPOINT []
      2026-03-01 - CMD ["/usr/local/bin/uv"]
      ${APP} 100MB RUN /bin/sh -c uv sync --frozen # buildkit`,
    cmd: ['uv', 'run', 'main.py'],
    expected: { base: 'ghcr.io/astral-sh/uv', runtime: 'python 3.12.13', variant: 'slim' },
  },
  {
    is: 'a program on Deno',
    history: `${BOOKWORM}
      2026-09-02T10:00:00 - ENV DENO_VERSION=2.5.1
      2026-09-02T10:00:00 40MB COPY /deno /usr/bin/deno # buildkit
      2026-09-02T10:00:00 - ENTRYPOINT ["/tini" "--" "docker-entrypoint.sh"]
      2026-09-02T10:00:00 - CMD ["eval" "console.log('Welcome to Deno!')"]
      ${APP} 9MB COPY . . # buildkit`,
    expected: { base: 'denoland/deno', runtime: 'deno 2.5.1' },
  },
  {
    is: "a program on a company's image with Deno",
    history: `${BOOKWORM}
      2026-09-02T10:00:00 - ENV DENO_VERSION=2.5.1
      2026-09-02T10:00:00 40MB RUN /bin/sh -c curl -fsSL https://deno.land/install.sh | sh # buildkit
      2026-09-02T10:00:00 - CMD ["deno"]
      ${APP} 9MB COPY . . # buildkit`,
    expected: { base: 'not-in-catalogue', runtime: 'deno 2.5.1' },
  },
  {
    is: "a program on a company's image of ASP.NET, which sets Microsoft's variable again",
    history: `
      2026-01-05T00:00:00 28MB # debian.sh --arch 'amd64' out/ 'bookworm' '@1767571200'
      2026-01-31 - ENV APP_UID=1654 ASPNETCORE_HTTP_PORTS=8080 DOTNET_RUNNING_IN_CONTAINER=true
      2026-01-31 9MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends ca-certificates libicu72 # buildkit
      2026-01-31 - ENV DOTNET_VERSION=8.0.1
      2026-01-31 30MB COPY /dotnet /usr/share/dotnet # buildkit
      2026-01-31 - ENV ASPNET_VERSION=8.0.1
      2026-01-31 9MB COPY /shared/Microsoft.AspNetCore.App /usr/share/dotnet/shared/Microsoft.AspNetCore.App # buildkit
      2026-03-01 - ENV DOTNET_RUNNING_IN_CONTAINER=true
      2026-03-01 9MB RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit
      2026-03-01 - CMD ["/bin/bash"]
      ${APP} 9MB COPY /app/publish . # buildkit`,
    entrypoint: ['dotnet', 'shop.dll'],
    expected: { base: 'not-in-catalogue', runtime: 'dotnet 8.0.1' },
  },
  {
    is: 'a program on .NET that its own image, or a cached layer, installed',
    history: `${BOOKWORM}
      2026-03-01 - ENV DOTNET_VERSION=8.0.11
      2026-03-01 70MB RUN /bin/sh -c curl -sSL https://dot.net/v1/dotnet-install.sh | bash -s -- --version $DOTNET_VERSION # buildkit
      ${APP} 9MB COPY /app/publish . # buildkit`,
    entrypoint: ['dotnet', 'shop.dll'],
    expected: { base: 'not-in-catalogue', runtime: 'dotnet 8.0.11' },
  },
  {
    is: 'a build on Gradle that an image installed itself',
    history: `${BOOKWORM}
      2026-03-01 - ENV GRADLE_VERSION=8.5
      2026-03-01 90MB RUN /bin/sh -c wget https://services.gradle.org/distributions/gradle-$GRADLE_VERSION-bin.zip && unzip gradle.zip # buildkit
      ${APP} 9MB COPY . . # buildkit`,
    expected: { base: 'library/debian:bookworm-slim' },
  },
  {
    is: 'a notebook on an image of Jupyter, whose Dockerfile goes on after its CMD',
    history: `${JAMMY}
      2026-09-15T10:03:00 130MB RUN /bin/bash -o pipefail -c ./bin/micromamba install --root-prefix=/opt/conda jupyter_core # buildkit
      2026-09-15T10:03:00 - ENTRYPOINT ["tini" "-g" "--" "start.sh"]
      2026-09-15T10:03:00 1kB RUN /bin/bash -o pipefail -c mkdir /usr/local/bin/start-notebook.d # buildkit
      2026-09-15T10:13:00 60MB RUN /bin/bash -o pipefail -c mamba install --yes jupyterlab notebook # buildkit
      2026-09-15T10:13:00 - CMD ["start-notebook.py"]
      2026-09-15T10:13:00 4kB COPY start-notebook.py start-notebook.sh /usr/local/bin/ # buildkit
      2026-09-15T10:13:00 1kB RUN /bin/bash -o pipefail -c fix-permissions /etc/jupyter/ # buildkit
      2026-09-15T10:13:00 - USER 1000
      2026-09-15T10:13:00 - WORKDIR /home/jovyan
      ${APP} 1MB COPY notebooks /home/jovyan # buildkit`,
    expected: { base: 'not-in-catalogue', runtime: 'python' },
  },
  {
    is: 'workflows on Airflow, whose Python has a variable of its own',
    history: `${BOOKWORM}
      2026-09-15T10:00:00 90MB COPY --chown=airflow:0 /home/airflow/.local /home/airflow/.local # buildkit
      2026-09-15T10:00:00 - ENV AIRFLOW_VERSION=3.1.0 AIRFLOW_PYTHON_VERSION=3.12.11
      2026-09-15T10:00:00 1kB WORKDIR /opt/airflow
      2026-09-15T10:00:00 - USER 50000
      2026-09-15T10:00:00 - ENTRYPOINT ["/usr/bin/dumb-init" "--" "/entrypoint"]
      2026-09-15T10:00:00 - CMD []
      ${APP} 1MB COPY dags /opt/airflow/dags # buildkit`,
    expected: { base: 'apache/airflow', distro: 'debian 12', runtime: 'python 3.12.11' },
  },
  {
    is: 'Keycloak with providers',
    history: `${UBI_MICRO}
      2026-09-05T05:12:13 - ENV KC_RUN_IN_CONTAINER=true
      2026-09-05T05:12:13 100MB COPY --chown=1000:0 /opt/keycloak /opt/keycloak # buildkit
      2026-09-05T05:12:13 - USER 1000
      2026-09-05T05:12:13 - ENTRYPOINT ["/opt/keycloak/bin/kc.sh"]
      ${APP} 9MB COPY /opt/keycloak/ /opt/keycloak/ # buildkit`,
    labels: { ...UBI_LABELS, 'com.redhat.component': 'ubi9-micro-container', name: 'keycloak' },
    expected: { base: 'quay.io/keycloak/keycloak', distro: 'rhel 9', runtime: 'java' },
  },
  {
    is: 'a program on a universal base image for stages',
    history: `${UBI_MICRO}
      ${APP} 9MB COPY server /server # buildkit`,
    labels: { ...UBI_LABELS, 'com.redhat.component': 'ubi9-micro-container', name: 'ubi9/ubi-micro' },
    expected: { base: 'registry.access.redhat.com/ubi9/ubi-micro:9.8', variant: 'minimal' },
  },
  {
    is: 'Java on Zulu',
    history: `${JAMMY}
      2026-09-15T10:00:00 - ARG ZULU_REPO_VER=1.0.0-3
      2026-09-15T10:02:00 200MB RUN /bin/sh -c apt-get -qq update && apt-get -qq -y --no-install-recommends install zulu21-jdk=21.0.4-* # buildkit
      2026-09-15T10:02:00 - ENV JAVA_HOME=/usr/lib/jvm/zulu21-ca-amd64
      ${APP} 9MB COPY target/app.jar /app.jar # buildkit`,
    cmd: ['java', '-jar', '/app.jar'],
    expected: { base: 'azul/zulu-openjdk', runtime: 'java 21' },
  },
  {
    is: "PHP of Sury's packages behind a supervisor",
    history: `${BOOKWORM}
      ${APP} 90MB RUN /bin/sh -c curl -sSLo /tmp/keys.deb https://packages.sury.org/debsuryorg-archive-keyring.deb && apt-get install -y php8.3-fpm php8.3-cli nginx supervisor # buildkit
      ${APP} 9MB COPY . /var/www # buildkit`,
    cmd: ['/usr/bin/supervisord', '-n'],
    expected: { base: 'library/debian:bookworm-slim', runtime: 'php 8.3' },
  },
  {
    is: "PHP in Apache by Ubuntu's packages",
    history: `${JAMMY}
      ${APP} 90MB RUN /bin/sh -c apt-get update && apt-get install -y apache2 libapache2-mod-php8.1 php8.1 # buildkit`,
    cmd: ['apachectl', '-D', 'FOREGROUND'],
    expected: { runtime: 'php 8.1' },
  },
  {
    is: "PHP by Alpine's packages, which write the release without a dot",
    history: `${ALPINE}
      ${APP} 50MB RUN /bin/sh -c apk add --no-cache php83 php83-fpm # buildkit`,
    cmd: ['php-fpm83', '-F'],
    expected: { runtime: 'php 8.3' },
  },
  {
    is: "Node.js by NodeSource's packages",
    history: `${JAMMY}
      ${APP} 90MB RUN /bin/sh -c curl -fsSL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs # buildkit`,
    cmd: ['node', 'server.js'],
    expected: { runtime: 'node 22' },
  },
  {
    is: 'an Elixir release built where it runs',
    history: `${BOOKWORM}
      2026-02-01 90MB COPY /usr/local /usr/local # buildkit
      ${APP} 9MB RUN /bin/sh -c mix deps.get --only prod && mix release # buildkit`,
    cmd: ['/app/bin/server'],
    expected: { runtime: 'elixir' },
  },
  {
    is: 'an image that apko assembled, with nothing above',
    history: '2026-09-01 30MB apko',
    entrypoint: ['/usr/bin/node'],
    expected: { runtime: 'node', variant: 'distroless' },
  },
];

testVerdicts('$is', cases);
