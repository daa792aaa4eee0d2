import { baseName } from '../../policy/paths.ts';
import { runs, valuesOf } from '../../policy/shell.ts';
import { closingLines } from './closing.ts';
import { environmentLines } from './environment.ts';
import { argsOf, type DockerfileFacts } from './facts.ts';
import { runWith } from './mounts.ts';
import { runPackages } from './packages.ts';

const PROJECT = /^[\w.][\w./-]*\.(?:cs|fs|vb)proj$/;
/** A folder with a project, but no solution. */
const PROJECT_FOLDER = /^(?!.*\.slnx?$)(?:\.\/)?\w[\w./-]*$/;

/**
 * Returns the project, or its folder, that the image's own build published, or that it starts by `dotnet run`; undefined
 * if unnamed.
 */
function projectOf(facts: DockerfileFacts): string | undefined {
  const { commands, copies, workdir } = facts;
  const publish = commands.findLast((command) => runs(command, ['dotnet'], ['publish']));
  const words = publish?.words ?? argsOf(facts);
  const named = words.find((word) => PROJECT.test(word)) ?? folderIn(words);
  // The build may have published in the project's folder; the image's COPY of the project says where that is.
  const projects = copies.flatMap(({ sources, into }) =>
    sources.filter((source) => PROJECT.test(source)).map((source) => ({ source, into })),
  );
  if (named !== undefined) return projects.find(({ source }) => baseName(source) === baseName(named))?.source ?? named;
  const folder = publish?.folder ?? workdir;
  const made = projects.find(({ source }) => nameOf(source) === startedName(facts));
  return (made ?? projects.find(({ into }) => into === folder))?.source;
}

/** Returns a project's name, after which its program is named unless the project says otherwise. */
function nameOf(project: string): string {
  return baseName(project).replace(/\.\w\wproj$/, '');
}

/** Returns the name of the program that the image starts: `Shop.Api` for `dotnet Shop.Api.dll`. */
function startedName({ entrypoint, cmd }: DockerfileFacts): string | undefined {
  return [...entrypoint, ...cmd].flatMap((word) => /^([\w.-]+)\.dll$/.exec(baseName(word))?.[1] ?? [])[0];
}

/** Returns the folder of a project in `publish src/Api` or `run --project src/Api`. */
function folderIn(words: readonly string[]): string | undefined {
  const named = valuesOf({ program: 'dotnet', words }, '--project', '-p');
  const folders = words[0] === 'publish' ? [words[1] ?? ''] : named;
  return folders.find((word) => PROJECT_FOLDER.test(word))?.replace(/^\.\/|\/$/g, '');
}

/** Options of `dotnet run` that take the next word as their value, and those without one. */
const RUN_VALUES =
  /^(?:-[acefprv]|--(?:arch|configuration|environment|file|framework|launch-profile|os|project|property|runtime|verbosity))$/;
const RUN_OPTIONS =
  /^(?:-p:|-c:)|^--(?:no-[\w-]+|force|interactive|non-interactive|self-contained|sc|(?:configuration|framework|launch-profile|project|property|runtime)=.*)$/;

/** Returns the program's arguments from the words after `dotnet`: all after `--`, else those that `run` does not know. */
function argsOfRun(words: readonly string[]): readonly string[] {
  if (words.includes('--')) return words.slice(words.indexOf('--') + 1);
  return words.filter(
    (word, at) =>
      !/^(?:run|watch)$/.test(word) &&
      ![RUN_VALUES, RUN_OPTIONS].some((known) => known.test(word)) &&
      !RUN_VALUES.test(words[at - 1] ?? ''),
  );
}

function hasProjectAtTop({ copies }: DockerfileFacts): boolean {
  return copies.some(({ sources }) => sources.some((source) => /^(?:\.\/)?[\w*.-]+\.\w\wproj$/.test(source)));
}

function publishSteps(facts: DockerfileFacts, project: string | undefined): readonly string[] {
  const { release, ownRelease } = facts;
  const run = runWith(facts, '/root/.nuget/packages');
  const moved =
    ownRelease === undefined || ownRelease === release
      ? []
      : [`# The image had .NET ${ownRelease}: set TargetFramework to net${release}.0 in the projects.`];
  const publish = 'dotnet publish -c Release -o /out';
  if (project !== undefined) return [...moved, 'COPY . .', `${run} ${publish} ${project}`];
  const started = startedName(facts);
  if (started !== undefined && !hasProjectAtTop(facts)) {
    return [
      ...moved,
      'COPY . .',
      `# If the project that makes ${started}.dll has another name, write it here.`,
      `${run} ${publish} "$(find . -name '${started}.??proj')"`,
    ];
  }
  return [
    ...moved,
    '# In a solution of several projects, copy all of it first, and publish the project that is started.',
    ...(started === undefined && /^(?:dotnet|app)$/.test(facts.program)
      ? ['# The program is named after its project: write that name instead of App.']
      : []),
    'COPY *.csproj ./',
    `${run} dotnet restore`,
    'COPY . .',
    `${run} ${publish} --no-restore`,
  ];
}

/**
 * Returns a Dockerfile for .NET: published in the SDK's image; the last stage is on the ASP.NET runtime, without a
 * shell (chiseled) if possible.
 */
export function dotnetDockerfile(facts: DockerfileFacts): string {
  const ubuntu = facts.needsDistribution ? 'noble' : 'noble-chiseled';
  const last = `${facts.release}.0-${facts.base === 'alpine-base' ? 'alpine' : ubuntu}`;
  const project = projectOf(facts);
  const program = project === undefined ? 'App.dll' : `${nameOf(project)}.dll`;
  return [
    `FROM mcr.microsoft.com/dotnet/sdk:${facts.release}.0 AS build`,
    'WORKDIR /src',
    ...publishSteps(facts, project),
    '',
    ...(last.endsWith('chiseled')
      ? ['# This base has no ICU and no time zones: if the program needs them, use …-chiseled-extra.']
      : []),
    ...(last.endsWith('alpine')
      ? [
          '# This base has no ICU and no time zones: install icu-libs and tzdata, and set DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=false, if the program needs them.',
        ]
      : []),
    `FROM mcr.microsoft.com/dotnet/aspnet:${last}`,
    ...(facts.needsDistribution ? runPackages(facts) : []),
    ...environmentLines(facts),
    'WORKDIR /app',
    'COPY --from=build /out ./',
    'USER 1654',
    ...closingLines(withPublished(facts, program), `ENTRYPOINT ["dotnet", "${program}"]`),
  ].join('\n');
}

/** Names the program by its file in the folder that publishing filled. `dotnet run` would need the SDK. */
function withPublished(facts: DockerfileFacts, program: string): DockerfileFacts {
  const args = argsOf(facts);
  if (facts.program === 'dotnet' && /^(?:run|watch)$/.test(args[0] ?? '')) {
    return { ...facts, entrypoint: ['dotnet', program], cmd: argsOfRun(args) };
  }
  const published = (words: readonly string[]) => words.map((word) => publishedName(word, facts));
  return { ...facts, entrypoint: published(facts.entrypoint), cmd: published(facts.cmd) };
}

function publishedName(word: string, { program }: DockerfileFacts): string {
  const name = baseName(word);
  if (name.endsWith('.dll')) return name;
  return name === program && name !== word && name !== 'dotnet' ? `./${name}` : word;
}
