import { isWithin } from '../../policy/paths.ts';
import { type Copy, SOURCE, type SourceFacts } from './copies.ts';
import { isIgnored } from './dockerignore.ts';

/**
 * Returns the COPY of the sources: what the image copied into their folder by name, without the files that are copied
 * anyway; the whole context if the image did the same, or if not all sources are known and in the context.
 * @param isCopied reports files that the Dockerfile copies before
 */
export function sourceSteps(
  { runtime, copies, folder }: SourceFacts,
  isCopied: (source: string) => boolean = () => false,
): readonly string[] {
  const inFolder = copies.filter(({ into }) => into === folder || into.startsWith(`${folder}/`));
  const areKnown = inFolder.every(
    ({ sources, target, isContext }) =>
      !isContext &&
      sources.length > 0 &&
      sources.every((source) => SOURCE.test(source) && !isIgnored(source, runtime)) &&
      /^[\w./-]+$/.test(target),
  );
  const steps = inFolder.flatMap((copy) => {
    const wanted = copy.sources.filter((source) => !isCopied(source));
    return wanted.length > 0 ? [`COPY ${wanted.join(' ')} ${targetFrom(folder, copy)}`] : [];
  });
  return areKnown && steps.length > 0 ? steps : ['COPY . .'];
}

/** Returns the target of a COPY as the generated Dockerfile writes it, relative to the folder of the sources if possible. */
function targetFrom(folder: string, copy: Copy): string {
  if (copy.into === folder) return './';
  const target = targetOf(copy);
  return target.startsWith(`${folder}/`) ? `.${target.slice(folder.length)}` : target;
}

/** Returns the target as an absolute path, with a slash at its end if it is a folder whatever the sources are. */
export function targetOf({ sources, target, into }: Copy): string {
  const isFolder = sources.length > 1 || /(?:^|\/)\.{0,2}$/.test(target);
  return isFolder ? `${into}/` : into;
}

/**
 * Returns the COPY instructions before a command that bring files it may read: into the program's folder, or /root.
 * @param before the command's index among those of the image's own steps
 * @param isLeftOut reports sources that the Dockerfile copies anyway, or that the context does not contain
 */
export function copySteps(
  { copies, folder }: SourceFacts,
  before: number,
  isLeftOut: (source: string) => boolean,
): readonly string[] {
  return copies.flatMap((copy) => {
    const { sources, target, into, commandsBefore } = copy;
    const wanted = sources.filter((source) => SOURCE.test(source) && !isLeftOut(source));
    const isRead = [folder, '/root'].some((place) => isWithin(into, place));
    const isCopied = commandsBefore <= before && wanted.length > 0 && isRead && /^[\w./-]+$/.test(target);
    return isCopied ? [`COPY ${wanted.join(' ')} ${targetFrom(folder, copy)}`] : [];
  });
}
