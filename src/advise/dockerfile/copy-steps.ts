import type { Runtime } from '../../classify/verdict.ts';
import { isWithin } from '../../policy/paths.ts';
import { type Copy, SOURCE, type SourceFacts } from './copies.ts';
import { isIgnored } from './dockerignore.ts';

/** Whether all that a step copied is known, and in the context of the proposed Dockerfile. */
export function isOfContext({ sources }: Copy, runtime: Runtime): boolean {
  return sources.length > 0 && sources.every((source) => SOURCE.test(source) && !isIgnored(source, runtime));
}

/**
 * Returns the COPY of the sources: what the image copied into their folder by name, without the files that are copied
 * anyway; the whole context if the image did the same, or if not all sources are known and in the context, and then the
 * archives that the image unpacked.
 * @param isCopied reports files that the Dockerfile copies before
 */
export function sourceSteps(
  { runtime, copies, folder }: SourceFacts,
  isCopied: (source: string) => boolean = () => false,
): readonly string[] {
  const inFolder = copies.filter(({ into }) => into === folder || into.startsWith(`${folder}/`));
  const known = inFolder.filter(
    (copy) => !copy.isContext && isOfContext(copy, runtime) && /^[\w./-]+$/.test(copy.target),
  );
  const stepsOf = (copy: Copy): readonly string[] => {
    const wanted = copy.sources.filter((source) => !isCopied(source));
    return wanted.length > 0 ? [copyStep(copy, wanted, targetFrom(folder, copy))] : [];
  };
  const steps = known.flatMap(stepsOf);
  if (known.length === inFolder.length && steps.length > 0) return steps;
  return ['COPY . .', ...known.filter(({ unpacks }) => unpacks).flatMap(stepsOf)];
}

/**
 * Returns one COPY; ADD for archives that the image unpacked.
 * @param options with a space at their end
 */
export function copyStep({ unpacks }: Copy, sources: readonly string[], target: string, options = ''): string {
  return `${unpacks ? 'ADD' : 'COPY'} ${options}${sources.join(' ')} ${target}`;
}

/**
 * Returns the COPY of all that a step copied, to where the image has it.
 * @param options as of {@link copyStep}
 */
export function sameCopy(copy: Copy, options = ''): string {
  return copyStep(copy, copy.sources, targetOf(copy), options);
}

/** Returns the target of a COPY as the generated Dockerfile writes it, relative to the folder of the sources if possible. */
function targetFrom(folder: string, copy: Copy): string {
  if (copy.into === folder) return './';
  const target = targetOf(copy);
  return target.startsWith(`${folder}/`) ? `.${target.slice(folder.length)}` : target;
}

/** Returns the target as an absolute path, with a slash at its end if it is a folder whatever the sources are. */
function targetOf({ sources, target, into }: Copy): string {
  const isFolder = sources.length > 1 || /(?:^|\/)\.{0,2}$/.test(target);
  return isFolder && into !== '/' ? `${into}/` : into;
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
    return isCopied ? [copyStep(copy, wanted, targetFrom(folder, copy))] : [];
  });
}
