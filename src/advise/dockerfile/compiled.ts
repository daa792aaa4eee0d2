import { baseName, isWithin } from '../../policy/paths.ts';
import { COMPILERS } from '../base-after.ts';
import { ALPINE, DEBIAN } from '../releases.ts';
import { scriptNote, settingLines } from './closing.ts';
import { type Copy, PLAIN_PATH } from './copies.ts';
import { isOfContext, sameCopy } from './copy-steps.ts';
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
  const { files, areKnown } = filesOf(facts);
  return [
    ...lastImage(facts),
    ...workdirOf(facts, files),
    ...environmentLines(facts),
    `COPY --from=build /out/${program} ${path}`,
    ...(areKnown ? [] : [FILES_NOTE]),
    ...files.map((copy) => sameCopy(copy)),
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

/**
 * Returns the WORKDIR, since the program may read files by relative paths; none if the image's is a build folder, unless
 * files of the program are there.
 */
function workdirOf({ workdir }: DockerfileFacts, files: readonly Copy[]): string[] {
  return OF_BUILDS.test(workdir) && files.length === 0 ? [] : [`WORKDIR ${workdir}`];
}

const OF_BUILDS = /^\/(?:go|src|build|usr\/src)(?:\/|$)/;

const FILES_NOTE = '# Also copy from /src the files that the program reads, such as templates.';

/** Files that a program reads. */
interface ProgramFiles {
  readonly files: readonly Copy[];
  /** Whether there are any, and none that the image took from another stage, which is unknown. */
  readonly areKnown: boolean;
}

/**
 * Returns the files that the program reads: what the image's own steps copied into its folder by name, and not for a build.
 * The start script is left to the lines that start the program.
 */
function filesOf(facts: DockerfileFacts): ProgramFiles {
  const { workdir, commands, program, runtime, script } = facts;
  const built = commands.findLastIndex((command) => COMPILERS.test(command.program));
  const started = [program, ...(script === undefined ? [] : [baseName(script)])];
  const beside = facts.copies.filter(
    ({ sources, into, commandsBefore, isContext }) =>
      isWithin(into, workdir) &&
      commandsBefore > built &&
      !isContext &&
      ![into, ...sources].some((path) => started.includes(baseName(path)) || OF_SOURCES.test(path)),
  );
  const files = beside.filter((copy) => PLAIN_PATH.test(copy.into) && isOfContext(copy, runtime));
  return { files, areKnown: files.length > 0 && files.length === beside.length };
}

/** Lists of modules, and files and folders of sources. */
const OF_SOURCES = /(?:^|\/)(?:go\.\w+|Cargo\.\w+|cmd|internal|pkg|src|[^/]*\.(?:go|rs))[/*]*$/;
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
