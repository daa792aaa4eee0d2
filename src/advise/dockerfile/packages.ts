import type { DockerfileFacts } from './facts.ts';

/** Whether the packages that the image's own steps installed go by the same names on the bases of the Dockerfile. */
function hasSameNames({ base, packages }: DockerfileFacts): boolean {
  return packages.manager === (base === 'alpine-base' ? 'apk' : 'apt');
}

/** The RUN that installs packages, and leaves no lists. */
export function installStep({ base }: DockerfileFacts, names: readonly string[]): string {
  const all = [...new Set(names)].join(' ');
  return base === 'alpine-base'
    ? `RUN apk add --no-cache ${all}`
    : `RUN apt-get update && apt-get install -y --no-install-recommends ${all} && rm -rf /var/lib/apt/lists/*`;
}

/** A compiler, and what else the image's build installed: for build stages only. */
export function compilerStep(facts: DockerfileFacts, tools: readonly string[] = []): string {
  const compiler = facts.base === 'alpine-base' ? 'build-base' : 'build-essential';
  return installStep(facts, [compiler, ...tools, ...buildPackages(facts)]);
}

/** What the image's own steps installed for its build, where it goes by the same names. */
export function buildPackages(facts: DockerfileFacts): readonly string[] {
  return hasSameNames(facts) ? facts.packages.build : [];
}

/** The packages that the program runs with, or a note where it has none of them that is known. */
export function runPackagesOr(facts: DockerfileFacts, note: string): readonly string[] {
  const packages = runPackages(facts);
  return packages.length > 0 ? packages : [note];
}

/** The packages that the program runs with; a note on those whose names, or whose libraries', are not known. */
export function runPackages(facts: DockerfileFacts): readonly string[] {
  const { run, build } = facts.packages;
  const isKnown = hasSameNames(facts);
  // Everything has the C library.
  const headers = build.filter((name) => /-dev(?:el)?$/.test(name) && !/^(?:libc6?|musl)-dev$/.test(name));
  return [
    ...(run.length > 0 && !isKnown
      ? [`# The image has these, by other names here, or not needed any more: ${run.join(' ')}`]
      : []),
    ...(headers.length > 0
      ? [`# Install here the libraries that the program loads of these: ${headers.join(' ')}`]
      : []),
    ...(run.length > 0 && isKnown ? [...changedNames(facts), installStep(facts, run)] : []),
  ];
}

/** What may keep the same names from being found. */
function changedNames({ base, olderDistro, packages }: DockerfileFacts): readonly string[] {
  return [
    ...(packages.ofOthers ? ['# The image added repositories: add those that these packages come from.'] : []),
    ...(olderDistro === undefined || base === 'alpine-base'
      ? []
      : [`# By their names in ${olderDistro}: those with a number in them may have another here.`]),
  ];
}
