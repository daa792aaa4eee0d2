import { type Command, runs, valuesOf } from '../../policy/shell.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { scriptNote, servingLines, startLines } from './closing.ts';
import { withoutCargo, withoutGo } from './compiled-start.ts';
import { baseName } from './copies.ts';
import { type DockerfileFacts, environment } from './facts.ts';
import { buildPackages, compilerStep, installStep, runPackages } from './packages.ts';

/** Go: a static binary, on nothing or on the least that was asked for; with C, built and run on one distribution. */
export function goDockerfile(image: DockerfileFacts): string {
  const facts = withoutGo(image);
  const { release, linksLibraries: cgo, program } = facts;
  const suite = cgo && facts.base !== 'alpine-base' ? DEBIAN : `alpine${ALPINE}`;
  const build = mainBuildOf(facts);
  const mainPackage = mainPackageOf(build);
  // Of several packages each program gets the name of its folder, in the folder that is named.
  const output = ALL_PACKAGES.test(mainPackage) ? '/out/' : `/out/${program}`;
  return [
    `FROM golang:${release}-${suite} AS build`,
    ...(cgo ? [compilerStep(facts)] : []),
    'WORKDIR /src',
    'COPY go.mod go.su[m] ./',
    'RUN --mount=type=cache,target=/go/pkg/mod go mod download',
    'COPY . .',
    'RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \\',
    `    CGO_ENABLED=${cgo ? 1 : 0} go build -trimpath${tagsOf(build)} -ldflags="-s -w" -o ${output} ${mainPackage}`,
    '',
    ...lastStage(facts),
  ].join('\n');
}

const ALL_PACKAGES = /\.\.\.$/;

/** The build of the program: the one that names it, else the last; tools are installed beside it. */
function mainBuildOf({ commands, program }: DockerfileFacts): Command | undefined {
  const builds = commands.filter((command) => runs(command, ['go'], ['build', 'install']));
  const names = (command: Command): boolean =>
    [...valuesOf(command, '-o'), command.words.at(-1) ?? ''].some((path) => baseName(path) === program);
  return builds.findLast(names) ?? builds.findLast(({ words }) => words.includes('build')) ?? builds.at(-1);
}

/** The package that the image's own build named: `./cmd/status`, `cmd/status/main.go`, or by its module; else the folder's. */
function mainPackageOf(build: Command | undefined): string {
  const last = build?.words.at(-1) ?? '';
  if (last.endsWith('.go')) return folderOfFile(last);
  return /^(?:\.\/|[a-z0-9-]+(?:\.[a-z0-9-]+)+\/)[\w./-]*$/.test(last) ? last : '.';
}

/** Without its tags another program is built. What quotes held together, `'json prod'`, is in words of its own. */
function tagsOf(build: Command | undefined): string {
  const { words = [] } = build ?? {};
  const at = words.findLastIndex((word) => /^--?tags(?:=|$)/.test(word));
  if (at < 0) return '';
  const [, ...value] = (words[at] ?? '').split('=');
  const list = [...value, ...words.slice(at + 1)].map((word) => word.replace(/["']/g, ''));
  const end = list.findIndex((word, place) => !(place === 0 ? /^[\w.,]+$/ : /^\w+$/).test(word));
  const tags = list.slice(0, end < 0 ? undefined : end);
  return tags.length > 0 ? ` -tags=${tags.join(',')}` : '';
}

function folderOfFile(file: string): string {
  const folder = file.replace(/^\.\//, '').replace(/\/?[^/]*$/, '');
  return /^[\w./-]+$/.test(folder) ? `./${folder}` : '.';
}

/** Rust: linked with musl, so that it runs on nothing; with C libraries, built and run on one distribution. */
export function rustDockerfile(image: DockerfileFacts): string {
  const facts = withoutCargo(image);
  const { program } = facts;
  const isDebian = facts.linksLibraries && facts.base !== 'alpine-base';
  return [
    `FROM rust:${facts.release}-${isDebian ? DEBIAN : `alpine${ALPINE}`} AS build`,
    isDebian ? compilerStep(facts) : installStep({ ...facts, base: 'alpine-base' }, muslTools(facts)),
    'WORKDIR /src',
    'COPY . .',
    ...(image.program === 'cargo' && program === 'app'
      ? ['# "app" stands for the name that Cargo.toml gives it.']
      : []),
    'RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \\',
    `    cargo build --release --locked && install -Ds target/release/${program} /out/${program}`,
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
    ...servingLines({ ...facts, health: healthAt(path, facts) }),
    ...scriptNote(facts),
    ...start,
  ];
}

/** A program that checks its own health does so from where it lies here. */
function healthAt(path: string, { health, program }: DockerfileFacts): DockerfileFacts['health'] {
  const [checker = '', ...more] = health?.words ?? [];
  return health && baseName(checker) === program ? { ...health, words: [path, ...more] } : health;
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
  const standsAlone = !facts.linksLibraries && !facts.needsDistribution;
  if (base === 'alpine-base') return [`FROM alpine:${ALPINE}`, ...runPackages(facts)];
  if (base === 'distroless-base' && standsAlone) return ['FROM gcr.io/distroless/static-debian13:nonroot'];
  if (base === 'scratch-base' && standsAlone) return ['FROM scratch', CERTIFICATES];
  return [`FROM debian:${DEBIAN}-slim`, ...runPackages(facts), CERTIFICATES];
}
