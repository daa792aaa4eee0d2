import { runs } from '../../policy/shell.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { type DockerfileFacts, jsonWords } from './facts.ts';

/** Go: a static binary, on nothing or on the least that was asked for. */
export function goDockerfile(facts: DockerfileFacts): string {
  return [
    `FROM golang:${facts.release}-alpine${ALPINE} AS build`,
    'WORKDIR /src',
    'COPY go.mod go.su[m] ./',
    'RUN --mount=type=cache,target=/go/pkg/mod go mod download',
    'COPY . .',
    'RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \\',
    `    CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/${facts.program} ${mainPackageOf(facts)}`,
    '',
    ...staticStage(facts),
  ].join('\n');
}

/** The package that the image's own build named, `./cmd/status`; else the folder's. */
function mainPackageOf({ commands }: DockerfileFacts): string {
  const build = commands.find((command) => runs(command, ['go'], ['build', 'install']));
  const last = build?.words.at(-1) ?? '';
  return /^\.\/[\w./-]+$/.test(last) ? last : '.';
}

/** Rust: linked with musl, so that it runs on nothing. */
export function rustDockerfile(facts: DockerfileFacts): string {
  return [
    `FROM rust:${facts.release}-alpine${ALPINE} AS build`,
    'RUN apk add --no-cache musl-dev',
    'WORKDIR /src',
    'COPY . .',
    'RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \\',
    `    cargo build --release --locked && install -Ds target/release/${facts.program} /out/${facts.program}`,
    '',
    ...staticStage(facts),
  ].join('\n');
}

/** The last stage of a static binary. */
function staticStage({ base, program, programArgs, isEntrypoint, ports, cmd }: DockerfileFacts): string[] {
  const expose = ports.map((port) => `EXPOSE ${port}`);
  const path = `/usr/local/bin/${program}`;
  // What the image starts by name is found by its path here: an empty image has no PATH to search.
  const start = [`ENTRYPOINT ${jsonWords([path, ...programArgs])}`, ...(isEntrypoint && cmd ? [`CMD ${cmd}`] : [])];
  return [...staticBase(base), `COPY --from=build /out/${program} ${path}`, 'USER 65532:65532', ...expose, ...start];
}

function staticBase(base: DockerfileFacts['base']): string[] {
  if (base === 'alpine-base') return [`FROM alpine:${ALPINE}`];
  if (base === 'slim-base') return [`FROM debian:${DEBIAN}-slim`];
  if (base === 'distroless-base') return ['FROM gcr.io/distroless/static-debian13:nonroot'];
  return ['FROM scratch', 'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/'];
}
