import { hasNodePackages, type Runtime } from '../../classify/verdict.ts';
import { installsProject, projectFolderOf } from '../../policy/installs.ts';
import { baseName, isWithin, withoutDotSlash } from '../../policy/paths.ts';
import { type PlacedCommand, valuesOf } from '../../policy/shell.ts';
import { type Copy, PLAIN_PATH, SOURCE, sourceOf } from './copies.ts';
import { LANGUAGES } from './languages.ts';

/** A file that the build reads, and that may hold a token. It is mounted as a build secret instead of copied. */
export interface SecretFile {
  /** `npmrc` for `.npmrc`. */
  readonly id: string;
  /** Its path beside the sources. */
  readonly source: string;
  /** The absolute path at which the build reads it. */
  readonly path: string;
  /** Set if the project may not have it. */
  readonly mayLack?: true;
}

/** Returns the files of an image's COPY instructions that may hold a token. */
export function secretFilesOf(
  copies: readonly Copy[],
  commands: readonly PlacedCommand<string>[],
  runtime: Runtime,
): readonly SecretFile[] {
  const named = copies.flatMap((copy) =>
    copy.sources.flatMap((name) => {
      const path = secretPath(name, copy, runtime);
      const source = withoutDotSlash(name).replace(/\*$/, '');
      return path === undefined || !SOURCE.test(source)
        ? []
        : [{ id: baseName(path).replace(/^\./, ''), source, path: LANGUAGES[runtime]?.settingsPath ?? path }];
    }),
  );
  const files = [...settingsInContext(copies, commands, runtime), ...settingsOfMaven(copies, commands), ...named];
  return [...new Map(files.map((file) => [file.id, file])).values()];
}

/** Returns the `.npmrc` that an installation may have read beside the sources, such as for pnpm's hoisting. */
function settingsInContext(
  copies: readonly Copy[],
  commands: readonly PlacedCommand<string>[],
  runtime: Runtime,
): readonly SecretFile[] {
  if (!hasNodePackages(runtime)) return [];
  const contexts = copies.filter(({ isContext }) => isContext);
  const [context] = commands.flatMap((command, at) => {
    const folder = installsProject(command) ? projectFolderOf(command) : undefined;
    if (folder === undefined) return [];
    return contexts.find(({ commandsBefore, into }) => commandsBefore <= at && isWithin(folder, into)) ?? [];
  });
  return context !== undefined && PLAIN_PATH.test(context.into)
    ? [{ id: 'npmrc', source: '.npmrc', path: `${context.into}/.npmrc`, mayLack: true }]
    : [];
}

/** Returns the settings that Maven was given by an option: `mvn -s settings.xml`. */
function settingsOfMaven(copies: readonly Copy[], commands: readonly PlacedCommand<string>[]): readonly SecretFile[] {
  const path = LANGUAGES.java?.settingsPath ?? '';
  return commands
    .filter(({ program }) => /^mvnw?$/.test(program))
    .flatMap((command) => valuesOf(command, '-s', '--settings').map((file) => sourceOf(file, copies, command.folder)))
    .flatMap((source) => (source === undefined ? [] : [{ id: baseName(path), source, path }]));
}

/** Returns the instructions without such files. */
export function withoutSecretFiles(copies: readonly Copy[], runtime: Runtime): readonly Copy[] {
  return copies.flatMap((copy) => {
    const sources = copy.sources.filter((source) => secretPath(source, copy, runtime) === undefined);
    if (sources.length === copy.sources.length) return [copy];
    return sources.length > 0 ? [{ ...copy, sources }] : [];
  });
}

/** Returns the path in the image of a file that may hold a token; undefined for all others. */
function secretPath(source: string, { into }: Copy, runtime: Runtime): string | undefined {
  const paths = [into, `${into}/${baseName(source).replace(/\*$/, '')}`];
  return paths.find((path) => PLAIN_PATH.test(path) && LANGUAGES[runtime]?.settings?.test(path));
}

/** Returns the note on how to give such files to the build. */
export function secretFileNotes(files: readonly SecretFile[]): readonly string[] {
  if (files.length === 0) return [];
  const options = files.map(({ id, source }) => `--secret id=${id},src=${source}`).join(' ');
  const condition = files.every(({ mayLack }) => mayLack) ? 'if there is an .npmrc, ' : '';
  return [`# Not copied, since it may hold a token: ${condition}give it to the build by ${options}`];
}

/**
 * Returns the beginning of a RUN that downloads packages: with caches, which stay between builds, and the files that may
 * hold a token.
 * @param caches absolute paths
 */
export function runWith(
  { secretFiles }: { readonly secretFiles: readonly SecretFile[] },
  ...caches: readonly string[]
): string {
  return [
    'RUN',
    ...caches.map((path) => `--mount=type=cache,target=${path}`),
    ...secretFiles.map(({ id, path }) => `--mount=type=secret,id=${id},target=${path}`),
  ].join(' ');
}
