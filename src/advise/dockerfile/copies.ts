import { copiesFiles, pathsOf } from '../../classify/history/instruction.ts';
import { hasNodePackages, type Runtime } from '../../classify/verdict.ts';
import type { ImageView } from '../../policy/image-view.ts';
import { absolutePath, baseName, isWithin, withoutDotSlash } from '../../policy/paths.ts';
import { type Command, type PlacedCommand, withFolders } from '../../policy/shell.ts';

/** One COPY or ADD of an image's own steps. */
export interface Copy {
  /** Paths in the build context, absolute ones in another stage; empty if only their digest is known. */
  readonly sources: readonly string[];
  readonly target: string;
  /** The target as an absolute path. */
  readonly into: string;
  /** Whether it copies the whole build context. */
  readonly isContext: boolean;
  /** Whether it is an ADD that unpacks an archive, which COPY does not. */
  readonly unpacks: boolean;
  /** The position of its layer, which holds other steps as well where Buildah merged them. */
  readonly layer: number;
  /** How many commands of the image's own steps ran before it. */
  readonly commandsBefore: number;
}

/** The facts that tell where sources come from and go. */
export interface SourceFacts {
  readonly runtime: Runtime;
  readonly copies: readonly Copy[];
  readonly folder: string;
}

/** Those that tell from which folder of the build context a file comes. */
type ContextFacts = Pick<SourceFacts, 'copies' | 'folder'> & { readonly commands: readonly Command[] };

/**
 * Returns the COPY and ADD instructions of the image's own layers, in order.
 * @param workdir the folder of relative targets if the history has no WORKDIR
 */
export function copiesOf(view: ImageView, workdir: string): readonly Copy[] {
  const first = firstFolderOf(view, workdir);
  let commandsBefore = 0;
  return view.own.flatMap(({ position: layer, verb, args, commands, folder = first }): readonly Copy[] => {
    const before = commandsBefore;
    commandsBefore += commands.length;
    if (copiesFiles(verb)) return [{ ...parseCopy(verb, args, folder), layer, commandsBefore: before }];
    return withFolders(commands, folder).flatMap((command, at) => {
      if (!isMergedCopy(command)) return [];
      const copy = parseCopy(command.program, command.words.join(' '), command.folder);
      return [{ ...copy, layer, commandsBefore: before + at }];
    });
  });
}

/** Whether a command of a layer is a COPY or ADD, as where Buildah merged all steps into one. */
export function isMergedCopy({ program }: Command): boolean {
  return program === 'COPY' || program === 'ADD';
}

/**
 * Returns the commands of the image's own layers, in order, each with its folder.
 * @param workdir the folder if the history has no WORKDIR
 */
export function ownCommandsOf(view: ImageView, workdir: string): readonly PlacedCommand<string>[] {
  const first = firstFolderOf(view, workdir);
  return view.own.flatMap(({ commands, folder }) => withFolders(commands, folder ?? first));
}

/** Returns the folder before the first WORKDIR. A history without one may lack steps. */
function firstFolderOf({ steps }: ImageView, workdir: string): string {
  return steps.some(({ verb }) => verb === 'WORKDIR') ? '/' : workdir;
}

/** Parses an instruction. The classic Docker builder records a digest in place of the sources: `file:1b2c in /app/`. */
function parseCopy(verb: string, args: string, folder: string): Omit<Copy, 'layer' | 'commandsBefore'> {
  const words = pathsOf(args);
  const isOfStage = /(?:^|\s)--from=/.test(args);
  const isKnown = words.at(-2) !== 'in';
  const named = isKnown ? words.slice(0, -1) : [];
  const target = words.at(-1) ?? '';
  return {
    sources: isOfStage ? named.map((source) => absolutePath(source, '/')) : named,
    target,
    into: absolutePath(target, folder),
    isContext: isKnown ? !isOfStage && named.some((source) => /^\.\/?$/.test(source)) : /^dir:/.test(words[0] ?? ''),
    unpacks: verb === 'ADD' && !KEEPS_ARCHIVES.test(args) && named.some((source) => ARCHIVE.test(source)),
  };
}

const KEEPS_ARCHIVES = /(?:^|\s)--unpack=false(?:\s|$)/;
/** The usual names of those archives that ADD unpacks. */
const ARCHIVE = /\.(?:tar(?:\.(?:gz|bz2|xz|zst))?|tgz|tbz2?|txz|tzst)\*?$/;

const LOCK_FILE =
  /^(?:package-lock\.json|package\*\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|poetry\.lock|uv\.lock|Gemfile\.lock)\*?$/;

/**
 * Returns the folder of the sources: where the image copied the whole build context, or else its lock file, if that
 * lies above the folder in which the program starts, as in a repository of several packages; otherwise that folder.
 */
export function sourceFolderOf(copies: readonly Copy[], workdir: string, runtime: Runtime): string {
  const top =
    copies.findLast(({ isContext }) => isContext) ??
    copies.find(({ sources }) => sources.some((source) => LOCK_FILE.test(withoutDotSlash(source))));
  const into = top?.into ?? (hasNodePackages(runtime) ? folderOfPackages(copies, workdir) : undefined) ?? workdir;
  return into !== '/' && isWithin(workdir, into) && PLAIN_PATH.test(into) ? into : workdir;
}

/** Returns the folder that holds the workdir and other folders, if the image copied them as they are in the context. */
function folderOfPackages(copies: readonly Copy[], workdir: string): string | undefined {
  const roots = copies.map((copy) => ({ into: copy.into, root: rootOf(copy) }));
  const own = roots.find(({ into, root }) => into === workdir && root !== undefined)?.root;
  const hasOthers = roots.some(({ into, root }) => root === own && !isWithin(into, workdir));
  return hasOthers ? own : undefined;
}

/** Returns the folder that stands for the context: `/app` if `server` or `server/package*.json` was copied into `/app/server`. */
function rootOf({ sources: [source = ''], into }: Copy): string | undefined {
  const path = withoutDotSlash(source).replace(/\/$/, '');
  const folder = /[.*]/.test(baseName(path)) ? path.slice(0, -baseName(path).length - 1) : path;
  return /^\w/.test(folder) && into.endsWith(`/${folder}`) ? into.slice(0, -folder.length - 1) : undefined;
}

/**
 * Returns the folder of the build context from which a file is copied into the folder of the sources, with a slash at
 * its end: `server/` after `COPY server/package*.json ./`; empty for the context itself. A file that no COPY names is in
 * the only folder that was copied there before packages were installed: `COPY server/ ./`.
 * @param name matches the file's name, which may have a wildcard
 */
export function contextFolderOf(name: RegExp, { copies, folder, commands }: ContextFacts): string {
  for (const { sources, into } of copies) {
    const source = sources.find((path) => name.test(baseName(path)) && !isOfStage(path));
    if (source !== undefined && (into === folder || into === `${folder}/${baseName(source)}`)) {
      return prefixOf(source.slice(0, -baseName(source).length));
    }
  }
  const [whole, ...others] = copies.filter(({ into }) => into === folder);
  const [source = '', ...more] = whole?.sources ?? [];
  const isOnly = others.length + more.length === 0 && !isOfStage(source) && !/\.\w+$/.test(source);
  const isInstalled = commands.slice(whole?.commandsBefore).some(({ program }) => INSTALLERS.test(program));
  return isOnly && isInstalled ? prefixOf(source.endsWith('/') ? source : `${source}/`) : '';
}

/** Returns a folder as a path from the folder of the sources; empty for that one, and for folders outside of it. */
export function folderBelow(path: string, { folder }: Pick<SourceFacts, 'folder'>): string {
  const below = path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : '';
  return /^\w[\w./@-]*$/.test(below) ? below : '';
}

/**
 * Returns the folder of the build context from which a file is copied into a folder below that of the sources:
 * `server/`; empty for the context itself.
 * @see contextFolderOf
 */
export function contextFolderBelow(below: string, name: RegExp, facts: ContextFacts): string {
  const ofProject = contextFolderOf(name, facts);
  if (below === '') return ofProject;
  const own = contextFolderOf(name, { ...facts, folder: `${facts.folder}/${below}` });
  return own === '' ? `${ofProject}${below}/` : own;
}

const INSTALLERS = /^(?:npm|pnpm|yarn|bun|bundle|poetry|uv|pipenv|composer|go|mvnw?|gradlew?)$/;

function prefixOf(path: string): string {
  const prefix = path.replace(/^(?:\.?\/)+/, '');
  return PLAIN_SOURCE.test(prefix) ? prefix : '';
}

/** Whether a source is an absolute path, as those of other stages are; `/` alone is the context. */
function isOfStage(source: string): boolean {
  return /^\/./.test(source);
}

/** Whether a source is one of the files, which it may name with `./` before or `*` behind. */
export function isAmong(files: readonly string[], source: string): boolean {
  return files.includes(withoutDotSlash(source).replace(/\*$/, ''));
}

/**
 * Returns where a file of the image comes from in the build context: after `COPY requirements /reqs`, the source of
 * `/reqs/base.txt` is `requirements/base.txt`.
 * @param path absolute, or relative to `workdir`
 * @returns undefined if no COPY accounts for the file
 */
export function sourceOf(path: string, copies: readonly Copy[], workdir: string): string | undefined {
  const file = absolutePath(path, workdir);
  const found = copies.flatMap((copy) => sourcesOf(file, copy));
  return found.map((source) => source.replace(/^(?:\.?\/)+/, '')).find((source) => PLAIN_SOURCE.test(source));
}

/**
 * Returns the possible sources of a file: files of the same name, then folders that may hold it; a path in the context
 * if only a digest is known of that.
 */
function sourcesOf(file: string, { sources: all, into, isContext }: Copy): readonly string[] {
  const sources = all.filter((source) => !isOfStage(source));
  if (file === into) return sources;
  if (!isWithin(file, into)) return [];
  const rest = file.slice(into.length).replace(/^\//, '');
  if (all.length === 0 && isContext) return [rest];
  const files = sources.filter((source) => baseName(source) === rest);
  const folders = sources.filter((source) => !/\.\w+$/.test(baseName(source)));
  return [...files, ...folders.map((folder) => `${folder.replace(/\/$/, '')}/${rest}`)];
}

/** An absolute path that a Dockerfile may repeat as it is. */
export const PLAIN_PATH = /^\/[\w./-]+$/;

/** A path within the context, without wildcards. */
const PLAIN_SOURCE = /^(?!.*\.\.)[\w.][\w./@-]*$/;

/** A path within the context, wildcards included, but not the context itself. */
export const SOURCE = /^(?!.*\.\.)(?!\.\/?$)[\w.][\w./@*-]*$/;

/** Whether an instruction copies a file or folder whose name begins with the given one. */
export function copiesFile({ sources, target }: Copy, name: string): boolean {
  return [...sources, target].some((path) => baseName(path).startsWith(name));
}
