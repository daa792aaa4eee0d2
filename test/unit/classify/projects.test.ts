import { ALPINE, JAMMY, PHP, TEMURIN, TRIXIE_SLIM, UBI, UBI_LABELS } from '../../support/official-histories.ts';
import { type ExpectedImage, testVerdicts } from '../../support/verdict-summary.ts';

// Images of well-known projects, by the steps of the Dockerfiles in the repositories that each case names.

const APP = '2026-10-15T08:00:00';
const PYTHON = `${TRIXIE_SLIM}
  2026-08-26 - ENV PYTHON_VERSION=3.12.13
  2026-08-26 11MB RUN /bin/sh -c set -eux; wget -O python.tar.xz "https://www.python.org/ftp/python/Python.tar.xz"; make install # buildkit
  2026-08-26 - CMD ["python3"]`;
const RUBY = `${TRIXIE_SLIM}
  2026-08-26 - ENV RUBY_VERSION=3.3.12
  2026-08-26 37MB RUN /bin/sh -c set -eux; wget -O ruby.tar.xz "https://cache.ruby-lang.org/pub/ruby/3.3/ruby-3.3.12.tar.xz"; make install # buildkit
  2026-08-26 - CMD ["irb"]`;
const NODE = `${ALPINE}
  2026-08-26 - ENV NODE_VERSION=24.19.0
  2026-08-26 52MB RUN /bin/sh -c curl -fsSLO "https://unofficial-builds.nodejs.org/download/release/v$NODE_VERSION/node.tar.xz" # buildkit
  2026-08-26 - ENTRYPOINT ["docker-entrypoint.sh"]
  2026-08-26 - CMD ["node"]`;

const cases: readonly ExpectedImage[] = [
  {
    is: "apache/superset, whose pages another stage built in a folder that could as well be a context's",
    history: `${PYTHON}
      ${APP} - ENV FLASK_APP=superset.app:create_app()
      ${APP} 150MB RUN /bin/sh -c apt-get update -qq && apt-get install -yqq build-essential && pip install -r requirements/base.txt && apt-get autoremove -yqq --purge build-essential # buildkit
      ${APP} 60MB COPY --chown=superset:superset /app/superset/static/assets superset/static/assets # buildkit
      ${APP} 20MB COPY --chown=superset:superset superset superset # buildkit`,
    cmd: ['/usr/bin/run-server.sh'],
    expected: {
      base: 'library/python:3.12-slim',
      runtime: 'python 3.12.13',
      framework: 'Flask',
      multiStage: 'unknown',
    },
  },
  {
    is: 'getsentry/sentry, which copies a folder of its context by a path from the root',
    history: `${PYTHON}
      ${APP} 50MB COPY /dist/*.whl /tmp/dist/ # buildkit
      ${APP} 60MB RUN /bin/sh -c pip install /tmp/dist/*.whl --no-deps && pip check && rm -rf /tmp/dist # buildkit`,
    entrypoint: ['/bin/sh', '-c', 'exec /docker-entrypoint.sh "$0" "$@"'],
    expected: { base: 'library/python:3.12-slim', multiStage: 'unknown' },
  },
  {
    is: 'langgenius/dify, which takes newer packages from Debian testing',
    history: `${PYTHON}
      ${APP} 90MB RUN /bin/sh -c echo "deb http://deb.debian.org/debian testing main" > /etc/apt/sources.list && apt-get update && apt-get install -y expat=2.6.2-1 # buildkit
      ${APP} 400MB COPY /app/api/.venv /app/api/.venv # buildkit`,
    expected: { base: 'library/python:3.12-slim', distro: 'debian 13', multiStage: 'yes' },
  },
  {
    is: 'apache/solr-docker',
    history: `${TEMURIN}
      ${APP} - ARG SOLR_VERSION=9.7.0
      ${APP} 230MB RUN |1 SOLR_VERSION=9.7.0 /bin/sh -c set -ex; apt-get -y --no-install-recommends install wget gpg; tar -C /opt --extract --file "/opt/$SOLR_BINARY" # buildkit
      ${APP} - USER 8983
      ${APP} - ENTRYPOINT ["docker-entrypoint.sh"]
      ${APP} - CMD ["solr-foreground"]`,
    expected: { base: 'library/eclipse-temurin:17-jre', variant: 'jre', distro: 'ubuntu 24.04', multiStage: 'no' },
  },
  {
    is: 'neo4j/docker-neo4j, which takes Java out of another image',
    history: `${TRIXIE_SLIM}
      ${APP} - ENV JAVA_HOME=/opt/java/openjdk
      ${APP} 180MB COPY /opt/java/openjdk /opt/java/openjdk # buildkit
      ${APP} 20kB COPY ./local-package/* /startup/ # buildkit
      ${APP} 140MB RUN /bin/sh -c apt-get update && apt-get install --no-install-recommends -y gcc libc-dev git make && make && apt-get -y purge --auto-remove gcc git make libc-dev # buildkit`,
    cmd: ['neo4j'],
    expected: { base: 'library/debian:trixie-slim', runtime: 'java', multiStage: 'yes' },
  },
  {
    is: 'odoo/docker, which names a file of Ubuntu 22.04',
    history: `${JAMMY}
      ${APP} 250MB RUN /bin/bash -xo pipefail -c apt-get update && apt-get install -y --no-install-recommends node-less npm python3-pip && curl -o wkhtmltox.deb -sSL https://github.com/wkhtmltopdf/packaging/releases/download/0.12.6.1-3/wkhtmltox_0.12.6.1-3.jammy_amd64.deb # buildkit
      ${APP} - ENV ODOO_VERSION=17.0
      ${APP} 330MB RUN /bin/bash -xo pipefail -c curl -o odoo.deb -sSL http://nightly.odoo.com/17.0/nightly/deb/odoo.deb && apt-get -y install --no-install-recommends ./odoo.deb # buildkit
      ${APP} - ENTRYPOINT ["/entrypoint.sh"]
      ${APP} - CMD ["odoo"]`,
    expected: { base: 'library/ubuntu:22.04', runtime: 'python' },
  },
  {
    is: 'docker-library/redmine, which installs gems and purges their compiler',
    history: `${RUBY}
      ${APP} - ENV REDMINE_VERSION=5.1.3
      ${APP} 35MB RUN /bin/sh -c set -eux; savedAptMark="$(apt-mark showmanual)"; apt-get install -y gcc make; gosu redmine bundle install; apt-mark auto '.*'; apt-get purge -y --auto-remove # buildkit
      ${APP} - CMD ["rails" "server" "-b" "0.0.0.0"]`,
    expected: { base: 'library/ruby:3.3-slim', runtime: 'ruby 3.3.12', framework: 'Rails' },
  },
  {
    is: 'mastodon/mastodon, whose gems another stage installed',
    history: `${RUBY}
      ${APP} 20MB RUN |1 RAILS_ENV=production /bin/sh -c apt-get install -y --no-install-recommends file libicu76 tini # buildkit
      ${APP} 40MB COPY . /opt/mastodon # buildkit
      ${APP} 180MB COPY /opt/mastodon/vendor/bundle /opt/mastodon/vendor/bundle # buildkit`,
    entrypoint: ['/usr/bin/tini', '--'],
    expected: { base: 'library/ruby:3.3-slim', multiStage: 'yes' },
  },
  {
    is: 'nextcloud/docker',
    history: `${PHP}
      ${APP} - ENV NEXTCLOUD_VERSION=30.0.10
      ${APP} 250MB RUN /bin/sh -c set -ex; curl -fsSL -o nextcloud.tar.bz2 "https://download.nextcloud.com/server/releases/nextcloud-30.0.10.tar.bz2" # buildkit
      ${APP} - ENTRYPOINT ["/entrypoint.sh"]
      ${APP} - CMD ["apache2-foreground"]`,
    expected: { base: 'library/php:8.3-apache', runtime: 'php 8.3.33' },
  },
  {
    is: 'n8n-io/n8n',
    history: `${NODE}
      ${APP} 250MB COPY /app /usr/local/lib/node_modules/n8n # buildkit
      ${APP} 3MB RUN /bin/sh -c cd /usr/local/lib/node_modules/n8n && npm rebuild sqlite3 # buildkit`,
    entrypoint: ['tini', '--', '/docker-entrypoint.sh'],
    expected: { base: 'library/node:24-alpine', runtime: 'node 24.19.0', variant: 'alpine' },
  },
  {
    is: 'home-assistant/core on Alpine',
    history: `${ALPINE}
      ${APP} 15MB RUN /bin/sh -c pip3 install uv==0.8.9 # buildkit
      ${APP} 400MB RUN /bin/sh -c uv pip install --system --no-build -r homeassistant/requirements_all.txt # buildkit`,
    expected: { base: 'library/alpine:3.24', runtime: 'python', variant: 'alpine' },
  },
  {
    is: 'go-gitea/gitea',
    history: `${ALPINE}
      ${APP} 35MB RUN /bin/sh -c apk --no-cache add bash git linux-pam openssh s6 sqlite su-exec # buildkit
      ${APP} - CMD ["/usr/bin/s6-svscan" "/etc/s6"]
      ${APP} 20kB COPY /tmp/local / # buildkit
      ${APP} 55MB COPY /go/src/code.gitea.io/gitea/gitea /app/gitea/gitea # buildkit`,
    expected: { base: 'library/alpine:3.24', multiStage: 'yes' },
  },
  {
    is: 'elastic/kibana on a Universal Base Image, which sets the label of its name',
    history: `${UBI}
      ${APP} 25MB RUN /bin/sh -c microdnf install --setopt=tsflags=nodocs -y fontconfig && microdnf clean all # buildkit
      ${APP} 380MB COPY --chown=1000:0 /usr/share/kibana /usr/share/kibana # buildkit
      ${APP} 1kB COPY --chown=1000:0 config/kibana.yml /usr/share/kibana/config/kibana.yml # buildkit`,
    labels: { ...UBI_LABELS, name: 'Kibana', version: '9.2.0' },
    entrypoint: ['/bin/tini', '--'],
    expected: { base: 'registry.access.redhat.com/ubi9/ubi-minimal', distro: 'rhel 9', multiStage: 'yes' },
  },
  {
    is: 'a root file system that linuxserver.io makes with apk',
    history: `
      ${APP} 8MB COPY /root-out/ / # buildkit
      ${APP} 9MB RUN /bin/sh -c apk add --no-cache alpine-release bash ca-certificates coreutils curl # buildkit
      ${APP} 1kB COPY root/ / # buildkit`,
    entrypoint: ['/init'],
    expected: { distro: 'alpine', variant: 'alpine' },
  },
];

testVerdicts('$is', cases);
