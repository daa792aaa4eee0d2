import { commandWords } from '../../classify/history/instruction.ts';
import type { LayerView } from '../../policy/image-view.ts';

/** One COPY or ADD of an image's own steps. */
export interface Copy {
  /** Paths in the build context; empty if they come from another stage, or only their digest is known. */
  readonly sources: readonly string[];
  readonly target: string;
  /** How many commands of the image's own steps ran before it. */
  readonly commandsBefore: number;
}

/** Returns the COPY and ADD instructions that made the layers, in order. */
export function copiesOf(layers: readonly LayerView[]): readonly Copy[] {
  let commandsBefore = 0;
  return layers.flatMap(({ verb, args, commands }) => {
    commandsBefore += commands.length;
    return verb === 'COPY' || verb === 'ADD' ? [copyOf(args, commandsBefore)] : [];
  });
}

/**
 * Parses an instruction. The classic Docker builder records a digest in place of the sources (`file:1b2c in /app/`);
 * kaniko keeps the JSON form (`["a", "b/", "./"]`).
 */
function copyOf(args: string, commandsBefore: number): Copy {
  const paths = args.replace(/^\s*(?:--\S+\s+)*/, '');
  const words = paths.startsWith('[') ? commandWords(paths) : paths.split(/\s+/);
  const isKnown = !/(?:^|\s)--from=/.test(args) && words.at(-2) !== 'in';
  return { sources: isKnown ? words.slice(0, -1) : [], target: words.at(-1) ?? '', commandsBefore };
}

/**
 * Returns where a file of the image comes from in the build context: after `COPY requirements /reqs`, the source of
 * `/reqs/base.txt` is `requirements/base.txt`.
 * @param path absolute, or relative to `workdir`
 * @param workdir the folder that relative targets start from
 * @returns undefined if no COPY accounts for the file
 */
export function sourceOf(path: string, copies: readonly Copy[], workdir: string): string | undefined {
  const file = absolute(path, workdir);
  const found = copies.flatMap((copy) => sourcesOf(file, copy, workdir));
  return found.map((source) => source.replace(/^(?:\.?\/)+/, '')).find((source) => PLAIN_SOURCE.test(source));
}

/** Returns the possible sources of a file: files of the same name, then folders that may hold it. */
function sourcesOf(file: string, { sources, target }: Copy, workdir: string): readonly string[] {
  const into = absolute(target, workdir);
  if (file === into) return sources;
  if (!file.startsWith(into === '/' ? into : `${into}/`)) return [];
  const rest = file.slice(into.length).replace(/^\//, '');
  const files = sources.filter((source) => baseName(source) === rest);
  const folders = sources.filter((source) => !/\.\w+$/.test(baseName(source)));
  return [...files, ...folders.map((folder) => `${folder.replace(/\/$/, '')}/${rest}`)];
}

/** A path within the context, without wildcards. */
const PLAIN_SOURCE = /^(?!.*\.\.)[\w.][\w./@-]*$/;

/** Returns an absolute path without `.` parts, repeated slashes and a trailing slash. */
function absolute(path: string, workdir: string): string {
  const whole = path.startsWith('/') ? path : `${workdir}/${path}`;
  return `/${whole
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
}

/** A path within the context, wildcards included, but not the context itself. */
const SOURCE = /^(?!.*\.\.)(?!\.\/?$)[\w.][\w./@*-]*$/;

/**
 * Returns the COPY instructions before a command that bring files it may read: into the program's folder, or /root.
 * @param before the command's index among those of the image's own steps
 * @param isLeftOut reports sources that the Dockerfile copies anyway, or that the context does not contain
 */
export function copySteps(
  { copies, workdir }: { readonly copies: readonly Copy[]; readonly workdir: string },
  before: number,
  isLeftOut: (source: string) => boolean,
): readonly string[] {
  return copies.flatMap(({ sources, target, commandsBefore }) => {
    const wanted = sources.filter((source) => SOURCE.test(source) && !isLeftOut(source));
    const isRead = [workdir, '/root'].some((folder) => `${absolute(target, workdir)}/`.startsWith(`${folder}/`));
    const isCopied = commandsBefore <= before && wanted.length > 0 && isRead && /^[\w./-]+$/.test(target);
    return isCopied ? [`COPY ${wanted.join(' ')} ${target}`] : [];
  });
}

/** Reports whether an instruction copies a file or folder whose name begins with the given one. */
export function copiesFile({ sources, target }: Copy, name: string): boolean {
  return [...sources, target].some((path) => baseName(path).startsWith(name));
}

/** Returns the last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
