import { ALPINE, DEBIAN } from '../releases.ts';
import { withExec } from './exec-form.ts';
import type { DockerfileFacts } from './facts.ts';

/**
 * Returns the reference of an official image: `node:24-trixie-slim`, or for an Alpine base `node:24-alpine3.24`.
 * @param order whether the image's tags name the Debian release before or after `slim`
 */
export function officialTag(
  name: string,
  { release, base }: DockerfileFacts,
  order: 'suite-slim' | 'slim-suite',
): string {
  if (base === 'alpine-base') return `${name}:${release}-alpine${ALPINE}`;
  return `${name}:${release}-${order === 'suite-slim' ? `${DEBIAN}-slim` : `slim-${DEBIAN}`}`;
}

/** Returns the step of the build stage that makes {@link DockerfileFacts.madeFolders}; none if there are none. */
export function makeFolders({ madeFolders }: DockerfileFacts): readonly string[] {
  return madeFolders.length === 0 ? [] : [`RUN mkdir -p ${madeFolders.join(' ')}`];
}

/**
 * Returns the lines that create the program's folder in the last stage. If the program writes to it, COPY comes before
 * WORKDIR: a folder created by `COPY --chown` belongs to the user, whereas one created by WORKDIR stays root's.
 * @param user the user and group to own the folder: `node:node`
 * @param from the folder in the build stage
 */
export function programFolderLines(facts: DockerfileFacts, user: string, from = facts.folder): readonly string[] {
  const { workdir, folder, writesFolder } = facts;
  if (writesFolder) return [`COPY --from=build --chown=${user} ${from} ${folder}`, `WORKDIR ${workdir}`];
  return [`WORKDIR ${workdir}`, `COPY --from=build ${from} ${folder === workdir ? './' : folder}`];
}

/** Returns ENTRYPOINT and CMD in exec form, leaving out those that are empty. @see withExec */
export function startLines({ entrypoint, cmd }: Pick<DockerfileFacts, 'entrypoint' | 'cmd'>): readonly string[] {
  return [
    ...(entrypoint.length > 0 ? [`ENTRYPOINT ${jsonWords(withExec(entrypoint))}`] : []),
    ...(cmd.length > 0 ? [`CMD ${jsonWords(withExec(cmd))}`] : []),
  ];
}

/** Formats words in an instruction's exec form. JSON escapes line breaks, so no word can start another instruction. */
export function jsonWords(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;
}
