import { absolutePath, baseName, isWithin } from '../../policy/paths.ts';
import { type CBuild, prefixOf } from './c-build.ts';
import { closingLines } from './closing.ts';
import { type Copy, PLAIN_PATH } from './copies.ts';
import { isOfContext, sameCopy } from './copy-steps.ts';
import { environmentLines } from './environment.ts';
import type { DockerfileFacts } from './facts.ts';
import { runPackages } from './packages.ts';

/**
 * Returns a Dockerfile for C and C++: the image's own steps, in a first stage; the last one has the program, on the same
 * release of the same distribution, or on an image with nothing that could be linked, if it is static.
 */
export function cDockerfile(facts: DockerfileFacts, build: CBuild): string {
  const { from, layer, steps } = build;
  return [
    `FROM ${from} AS build`,
    ...steps,
    '',
    ...lastImage(facts, build),
    ...environmentLines(facts),
    `WORKDIR ${facts.workdir}`,
    ...programLines(facts, build),
    ...filesAfter(facts, layer).map((copy) => sameCopy(copy)),
    'USER 65532:65532',
    ...closingLines({ ...facts, folder: '/' }, 'CMD ["app"]'),
  ].join('\n');
}

function lastImage(facts: DockerfileFacts, { last, isStatic }: CBuild): readonly string[] {
  // The names of packages are those of the image's own release.
  if (!standsAlone(facts, isStatic)) return [`FROM ${last}`, ...runPackages({ ...facts, olderDistro: undefined })];
  const note = `# A static program needs glibc's libraries to find hosts and users by name: if it does, start from ${last}.`;
  return ['FROM gcr.io/distroless/static-debian13:nonroot', ...(last.startsWith('alpine') ? [] : [note])];
}

function standsAlone({ base, script }: DockerfileFacts, isStatic: boolean): boolean {
  return base === 'distroless-base' && isStatic && script === undefined;
}

/** Returns the COPY of the program: to where it is in the image, so that the start stays the same. */
function programLines(facts: DockerfileFacts, { isStatic }: CBuild): readonly string[] {
  const path = pathOf(facts);
  const prefix = prefixOf(facts.commands);
  if (facts.program === 'app' && facts.script !== undefined)
    return [`# Copy here the program that ${baseName(facts.script)} starts, from the first stage.`];
  const isInstalled = prefix !== undefined && isWithin(path, prefix);
  return [
    `COPY --from=build ${isInstalled ? `${prefix} ${prefix}` : `${path} ${path}`}`,
    ...(isInstalled
      ? []
      : [isStatic ? `${FILES_NOTE}.` : `${FILES_NOTE}, and the libraries of the build that ldd lists.`]),
  ];
}

const FILES_NOTE = '# Also copy what the program reads';

/** Returns what the image copied once its program was compiled, as far as its sources are known. */
function filesAfter({ copies }: DockerfileFacts, last: number): readonly Copy[] {
  return copies.filter((copy) => copy.layer > last && isOfContext(copy, 'none') && PLAIN_PATH.test(copy.into));
}

/** Returns the program's path. A bare name is searched for on the PATH, where `make install` puts it. */
function pathOf({ entrypoint, cmd, program, workdir }: DockerfileFacts): string {
  const word = [...entrypoint, ...cmd].find((each) => baseName(each) === program) ?? program;
  const path = word.includes('/') ? absolutePath(word, workdir) : `/usr/local/bin/${program}`;
  return PLAIN_PATH.test(path) ? path : `/usr/local/bin/${program}`;
}
