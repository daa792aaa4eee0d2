import { commandWords } from '../../classify/history/instruction.ts';
import type { LayerView } from '../../policy/image-view.ts';

/** One COPY or ADD of an image's own steps. */
export interface Copy {
  /** Files and folders of the build's context; none where they come from another stage, or are known by a digest only. */
  readonly sources: readonly string[];
  readonly target: string;
  /** So many of the commands of its own steps ran before it. */
  readonly after: number;
}

/** What the layers of an image copied, in order. */
export function copiesOf(layers: readonly LayerView[]): readonly Copy[] {
  let after = 0;
  return layers.flatMap(({ verb, args, commands }) => {
    after += commands.length;
    return verb === 'COPY' || verb === 'ADD' ? [copyOf(args, after)] : [];
  });
}

/** Classic Docker knows sources by a digest: `file:1b2c in /app/`; kaniko keeps a list of JSON: `["a", "b/", "./"]`. */
function copyOf(args: string, after: number): Copy {
  const paths = args.replace(/^\s*(?:--\S+\s+)*/, '');
  const words = paths.startsWith('[') ? commandWords(paths) : paths.split(/\s+/);
  const isKnown = !/(?:^|\s)--from=/.test(args) && words.at(-2) !== 'in';
  return { sources: isKnown ? words.slice(0, -1) : [], target: words.at(-1) ?? '', after };
}

/**
 * Where a file that the image has comes from in the build's context: `requirements/base.txt` for `/reqs/base.txt`, once
 * `COPY requirements /reqs`.
 * @param workdir what targets are relative to
 * @returns undefined where no COPY tells
 */
export function sourceOf(path: string, copies: readonly Copy[], workdir: string): string | undefined {
  const place = absolute(path, workdir);
  const found = copies.flatMap((copy) => sourcesOf(place, copy, workdir));
  return found.map((source) => source.replace(/^(?:\.?\/)+/, '')).find((source) => PLAIN_SOURCE.test(source));
}

/** A file by its name before the folders that may hold it. */
function sourcesOf(place: string, { sources, target }: Copy, workdir: string): readonly string[] {
  const into = absolute(target, workdir);
  if (place === into) return sources;
  if (!place.startsWith(into === '/' ? into : `${into}/`)) return [];
  const rest = place.slice(into.length).replace(/^\//, '');
  const files = sources.filter((source) => baseName(source) === rest);
  const folders = sources.filter((source) => !/\.\w+$/.test(baseName(source)));
  return [...files, ...folders.map((folder) => `${folder.replace(/\/$/, '')}/${rest}`)];
}

/** In the context, and no pattern. */
const PLAIN_SOURCE = /^(?!.*\.\.)[\w.][\w./@-]*$/;

/** Without `./`, doubled and last slashes. */
function absolute(path: string, workdir: string): string {
  const whole = path.startsWith('/') ? path : `${workdir}/${path}`;
  return `/${whole
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`;
}

/** Files and folders of the context, patterns included; not the context itself. */
const SOURCE = /^(?!.*\.\.)(?!\.\/?$)[\w.][\w./@*-]*$/;

/**
 * The COPY steps that stand before a command, and bring what it reads: into the program's folder, or that of the user.
 * @param before the command's place among those of the image's own steps
 * @param isLeftOut sources that the Dockerfile copies anyway, or that the context does not hold
 */
export function copySteps(
  { copies, workdir }: { readonly copies: readonly Copy[]; readonly workdir: string },
  before: number,
  isLeftOut: (source: string) => boolean,
): readonly string[] {
  return copies.flatMap(({ sources, target, after }) => {
    const wanted = sources.filter((source) => SOURCE.test(source) && !isLeftOut(source));
    const isRead = [workdir, '/root'].some((folder) => `${absolute(target, workdir)}/`.startsWith(`${folder}/`));
    const isCarried = after <= before && wanted.length > 0 && isRead && /^[\w./-]+$/.test(target);
    return isCarried ? [`COPY ${wanted.join(' ')} ${target}`] : [];
  });
}

/** Whether a file of this name was copied. */
export function copiesFile({ sources, target }: Copy, name: string): boolean {
  return [...sources, target].some((path) => baseName(path).startsWith(name));
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
