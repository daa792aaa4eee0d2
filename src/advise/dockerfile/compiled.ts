import { runs } from '../../policy/shell.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { portLines, scriptNote, startLines } from './closing.ts';
import { type DockerfileFacts, environment } from './facts.ts';
import { buildPackages, compilerStep, installStep, runPackages } from './packages.ts';

/** Go: a static binary, on nothing or on the least that was asked for; with C, built and run on one distribution. */
export function goDockerfile(facts: DockerfileFacts): string {
  const { release, linksLibraries: cgo, program } = facts;
  const suite = cgo && facts.base !== 'alpine-base' ? DEBIAN : `alpine${ALPINE}`;
  return [
    `FROM golang:${release}-${suite} AS build`,
    ...(cgo ? [compilerStep(facts)] : []),
    'WORKDIR /src',
    'COPY go.mod go.su[m] ./',
    'RUN --mount=type=cache,target=/go/pkg/mod go mod download',
    'COPY . .',
    'RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \\',
    `    CGO_ENABLED=${cgo ? 1 : 0} go build -trimpath -ldflags="-s -w" -o ${outputOf(facts, program)} ${mainPackageOf(facts)}`,
    '',
    ...lastStage(facts),
  ].join('\n');
}

const ALL_PACKAGES = /\.\.\.$/;

/** Of several packages each program gets the name of its folder, in the folder that is named. */
function outputOf(facts: DockerfileFacts, program: string): string {
  return ALL_PACKAGES.test(mainPackageOf(facts)) ? '/out/' : `/out/${program}`;
}

/** The package that the image's own build named: `./cmd/status`, `cmd/status/main.go`, or by its module; else the folder's. */
function mainPackageOf({ commands }: DockerfileFacts): string {
  const build = commands.findLast((command) => runs(command, ['go'], ['build', 'install']));
  const last = build?.words.at(-1) ?? '';
  if (last.endsWith('.go')) return folderOfFile(last);
  return /^(?:\.\/|[a-z0-9-]+(?:\.[a-z0-9-]+)+\/)[\w./-]*$/.test(last) ? last : '.';
}

function folderOfFile(file: string): string {
  const folder = file.replace(/^\.\//, '').replace(/\/?[^/]*$/, '');
  return /^[\w./-]+$/.test(folder) ? `./${folder}` : '.';
}

/** Rust: linked with musl, so that it runs on nothing; with C libraries, built and run on one distribution. */
export function rustDockerfile(facts: DockerfileFacts): string {
  const isDebian = facts.linksLibraries && facts.base !== 'alpine-base';
  return [
    `FROM rust:${facts.release}-${isDebian ? DEBIAN : `alpine${ALPINE}`} AS build`,
    isDebian ? compilerStep(facts) : installStep({ ...facts, base: 'alpine-base' }, muslTools(facts)),
    'WORKDIR /src',
    'COPY . .',
    'RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \\',
    `    cargo build --release --locked && install -Ds target/release/${facts.program} /out/${facts.program}`,
    '',
    ...lastStage(facts),
  ].join('\n');
}

/** Where the image's build had OpenSSL's headers, musl gets them too, with the library that is linked in. */
function muslTools(facts: DockerfileFacts): readonly string[] {
  const { build } = facts.packages;
  const openssl = build.some((name) => /^(?:libssl|openssl)-dev$/.test(name));
  const others = facts.base === 'alpine-base' ? buildPackages(facts) : [];
  return ['musl-dev', ...(openssl ? ['pkgconf', 'openssl-dev', 'openssl-libs-static'] : []), ...others];
}

/** The last stage of a binary. */
function lastStage(facts: DockerfileFacts): string[] {
  const { program, programArgs, isEntrypoint, cmd } = facts;
  const path = `/usr/local/bin/${program}`;
  // What the image starts by name is found by its path here: an empty image has no PATH to search.
  const start = startLines({ entrypoint: [path, ...programArgs], cmd: isEntrypoint ? cmd : [] });
  return [
    ...lastImage(facts),
    ...workdirOf(facts),
    ...environment(facts),
    `COPY --from=build /out/${program} ${path}`,
    'USER 65532:65532',
    ...portLines(facts),
    ...scriptNote(facts),
    ...start,
  ];
}

/** Files that a program reads by names of its own lie in its folder; sources lie in that of the build. */
function workdirOf({ workdir }: DockerfileFacts): string[] {
  const isOfBuild = /^\/(?:go|src|build|usr\/src)(?:\/|$)/.test(workdir);
  return [
    '# What the program reads beside itself, such as templates, is copied from /src, too.',
    ...(isOfBuild ? [] : [`WORKDIR ${workdir}`]),
  ];
}

const CERTIFICATES = 'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/';

/** Debian's image and an empty one have no certificates. */
function lastImage(facts: DockerfileFacts): readonly string[] {
  const { base } = facts;
  if (base === 'alpine-base') return [`FROM alpine:${ALPINE}`, ...runPackages(facts)];
  if (base === 'distroless-base' && !facts.linksLibraries) return ['FROM gcr.io/distroless/static-debian13:nonroot'];
  if (base === 'scratch-base' && !facts.linksLibraries) return ['FROM scratch', CERTIFICATES];
  return [`FROM debian:${DEBIAN}-slim`, ...runPackages(facts), CERTIFICATES];
}
