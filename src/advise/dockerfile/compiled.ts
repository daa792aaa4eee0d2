import { baseName, isWithin } from '../../policy/paths.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { scriptNote, settingLines } from './closing.ts';
import { PLAIN_PATH, SOURCE } from './copies.ts';
import { targetOf } from './copy-steps.ts';
import { isIgnored } from './dockerignore.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { startLines } from './lines.ts';
import { runPackages } from './packages.ts';

/** The words of `go run` or `cargo run`, split into those of the build and those of the program. */
export interface RunWords {
  /** The build's options, and for Go the package or files. */
  readonly build: readonly string[];
  /** The program's arguments. */
  readonly args: readonly string[];
}

/** Returns the last stage, which holds the binary that the first one left in `/out`. */
export function lastStage(facts: DockerfileFacts): string[] {
  const { program, programArgs, isEntrypoint, cmd } = facts;
  const path = `/usr/local/bin/${program}`;
  // The program is named by its path, since an empty image has no PATH to search.
  const start = startLines({ entrypoint: [path, ...programArgs], cmd: isEntrypoint ? cmd : [] });
  return [
    ...lastImage(facts),
    ...workdirOf(facts),
    ...environmentLines(facts),
    `COPY --from=build /out/${program} ${path}`,
    ...filesOf(facts),
    'USER 65532:65532',
    ...settingLines({ ...facts, health: healthAt(path, facts) }),
    ...scriptNote(facts),
    ...start,
  ];
}

/** Returns the health check; a program that checks its own health is named by its new path. */
function healthAt(path: string, { health, program }: DockerfileFacts): DockerfileFacts['health'] {
  const [checker = '', ...more] = health?.words ?? [];
  return health && baseName(checker) === program ? { ...health, words: [path, ...more] } : health;
}

/** Returns the WORKDIR, since the program may read files by relative paths; none if the image's is a build folder. */
function workdirOf({ workdir }: DockerfileFacts): string[] {
  return OF_BUILDS.test(workdir) ? [] : [`WORKDIR ${workdir}`];
}

const OF_BUILDS = /^\/(?:go|src|build|usr\/src)(?:\/|$)/;

/**
 * Returns the COPY of the files that the program reads: what the image's own steps copied into its folder by name, and not
 * for a build. A note if there are none, or if the image took them from another stage, which is unknown.
 */
function filesOf(facts: DockerfileFacts): readonly string[] {
  const { workdir, commands, program, runtime } = facts;
  const built = commands.findLastIndex((command) => COMPILERS.test(command.program));
  const beside = facts.copies.filter(
    ({ sources, into, commandsBefore, isContext }) =>
      isWithin(into, workdir) &&
      commandsBefore > built &&
      !isContext &&
      ![into, ...sources].some((path) => baseName(path) === program || OF_SOURCES.test(path)),
  );
  const files = beside.filter(
    ({ sources, into }) =>
      sources.length > 0 &&
      PLAIN_PATH.test(into) &&
      sources.every((source) => SOURCE.test(source) && !isIgnored(source, runtime)),
  );
  const note = '# Also copy from /src the files that the program reads, such as templates.';
  return [
    ...(files.length === 0 || files.length < beside.length ? [note] : []),
    ...files.map((copy) => `COPY ${copy.sources.join(' ')} ${targetOf(copy)}`),
  ];
}

/** Lists of modules, and files and folders of sources. */
const OF_SOURCES = /(?:^|\/)(?:go\.\w+|Cargo\.\w+|cmd|internal|pkg|src|[^/]*\.(?:go|rs))[/*]*$/;
/** Programs that build compiled ones. */
const COMPILERS = /^(?:go|cargo|rustc|make)$/;

const CERTIFICATES = 'COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/';

/** Returns the start of the last stage. Debian's slim image and an empty one lack certificates, so they are copied. */
function lastImage(facts: DockerfileFacts): readonly string[] {
  const { base } = facts;
  const standsAlone = !facts.linksLibraries && !facts.needsDistribution;
  if (base === 'alpine-base') return [`FROM alpine:${ALPINE}`, ...runPackages(facts)];
  if (base === 'distroless-base' && standsAlone) return ['FROM gcr.io/distroless/static-debian13:nonroot'];
  if (base === 'scratch-base' && standsAlone) return ['FROM scratch', CERTIFICATES];
  return [`FROM debian:${DEBIAN}-slim`, ...runPackages(facts), CERTIFICATES];
}
