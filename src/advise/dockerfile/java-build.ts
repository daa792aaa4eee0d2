import { lookUp } from '../../common/look-up.ts';
import { baseName, withoutDotSlash } from '../../policy/paths.ts';
import { valuesOf } from '../../policy/shell.ts';
import { commandHoldsSecret } from '../../secrets/find-secrets.ts';
import { contextFolderOf, copiesFile } from './copies.ts';
import type { DockerfileFacts } from './facts.ts';
import { runWith } from './mounts.ts';

/** What the build makes: a program, or an application for a server such as Tomcat. */
type Output = 'jar' | 'war';

/**
 * Returns the build stage, which leaves `/app.jar` or `/app.war`: on a JDK if the project has a wrapper of its build
 * tool, else on the build tool's image.
 * @param suffix of the image: `-alpine`
 */
export function buildStage(facts: DockerfileFacts, suffix: string, output: Output = 'jar'): string[] {
  const tool = buildToolOf(facts);
  const wrapper = isUsed(tool.wrapper.name, facts) ? tool.wrapper : undefined;
  const { program, files } = wrapper ?? tool;
  const from = contextFolderOf(tool.project, facts);
  const run = `${runWith(facts, tool.cache)} ${[program, ...choicesOf(tool, facts)].join(' ')}`;
  const module = moduleOf(facts);
  const others = tool.others[output];
  const outputs = module === undefined ? tool.outputs : `${module}/${tool.outputs}`;
  const removal = others === undefined ? '' : `rm -f ${outputs}/${others.pattern} && `;
  const isSingle = module === undefined && projectFolders(tool, facts).size < 2;
  return [
    `FROM ${wrapper ? `eclipse-temurin:${facts.release}-jdk` : tool.image(facts)}${suffix} AS build`,
    'WORKDIR /src',
    ...(isSingle && wrapper ? [`COPY ${from}${wrapper.settings} ${wrapper.settings}`] : []),
    ...(isSingle
      ? [`COPY ${files.map((file) => from + file).join(' ')} ./`, `${run} ${tool.fetch}`, `COPY ${from}src src`]
      : [`COPY ${from === '' ? '.' : from} .`, ...moduleNote(module, facts)]),
    ...(others === undefined ? [] : [others.note]),
    ...quarkusNote(outputs, facts),
    `${run} ${tool.build(module)} && \\`,
    `    ${removal}cp ${outputs}/${fileOf(output, module, facts)} /app.${output}`,
  ];
}

/** Options that set profiles and properties: `-Pprod`, `-Drevision=1.2`. */
const CHOICE = /^-[DP][\w.!,-]+(?:=[\w.,:/@-]+)?$/;
/** Those that only concern the image's own build. */
const OF_OTHER_BUILD = /^-D(?:skip|maven\.|org\.)/;

/** Words that build the program, unlike `install:install-file`, whose properties describe another jar. */
const BUILDS = /^(?:package|install|verify|deploy)$|(?:^|:)(?:build|assemble|\w*Jar|jar|\w*War|war|installDist)$/;

function choicesOf({ wrapper }: BuildTool, { commands }: DockerfileFacts): readonly string[] {
  const words = commands
    .filter(
      ({ program, words }) =>
        `${program.replace(/w$/, '')}w` === wrapper.name && words.some((word) => BUILDS.test(word)),
    )
    .flatMap((command) => [...command.words, ...valuesOf(command, '-P').map((value) => `-P${value}`)]);
  return [...new Set(words)].filter(
    (word) => CHOICE.test(word) && !OF_OTHER_BUILD.test(word) && !commandHoldsSecret([word]),
  );
}

/** Returns the folders of the image that the files of projects were copied to. */
function projectFolders({ project }: BuildTool, { copies }: DockerfileFacts): ReadonlySet<string> {
  const ofProjects = copies.filter(({ sources }) => sources.some((source) => project.test(baseName(source))));
  return new Set(
    ofProjects.map(({ into }) => (project.test(baseName(into)) ? into.slice(0, into.lastIndexOf('/')) : into)),
  );
}

/** Returns a note on the module that is built, unless the image's own build names it. */
function moduleNote(module: string | undefined, facts: DockerfileFacts): readonly string[] {
  if (module === undefined)
    return ['# The project has several modules: name the one that is started, and copy its jar.'];
  if (moduleOfBuild(facts) !== undefined) return [];
  return [`# If ${module} is a project of its own, build it in its folder instead.`];
}

/** Returns a note if the image has a program that Quarkus built as a folder. */
function quarkusNote(outputs: string, { copies, entrypoint, cmd }: DockerfileFacts): readonly string[] {
  const isFolder = [...copies.flatMap(({ sources }) => sources), ...entrypoint, ...cmd].some((path) =>
    /(?:^|\/)quarkus-(?:app|run\.jar)(?:\/|$)/.test(path),
  );
  const folder = `${outputs.replace(/\/libs$/, '')}/quarkus-app`;
  return isFolder
    ? [`# Quarkus builds a folder: copy ${folder} instead of the jar, and start quarkus-run.jar in it.`]
    : [];
}

/** A config may hold a script of megabytes, but no jar is started by a long one. */
export const LONGEST_SCRIPT = 1_000;

/** Parts into which Spring Boot and Micronaut divide a program for layers: they are no files of the build context. */
const PART_OF_PROGRAM = /(?:^|\/)(?:spring-boot-loader|extracted\/lib|layers\/libs)(?:\/|$)/;

/** Whether what the image copied into the program's folder are its sources, or its parts. */
export function copiesProgram({ commands, program, copies }: DockerfileFacts): boolean {
  return (
    [program, ...commands.map((command) => command.program)].some((name) => /^(?:mvnw?|gradlew?)$/.test(name)) ||
    copies.some(({ sources }) => sources.some((source) => PART_OF_PROGRAM.test(source)))
  );
}

function isUsed(name: string, { commands, copies }: DockerfileFacts): boolean {
  return commands.some(({ program }) => program === name) || copies.some((copy) => copiesFile(copy, name));
}

function buildToolOf(facts: DockerfileFacts): BuildTool {
  if (facts.jib !== undefined) return facts.jib === 'gradle' ? GRADLE : MAVEN;
  const isGradle = isUsed('gradle', facts) || outputsOf(facts).some(({ folder }) => folder === GRADLE.outputs);
  return isGradle || isUsed('gradlew', facts) ? GRADLE : MAVEN;
}

interface BuildTool {
  readonly program: string;
  /** Returns the reference of an image that has it, without a suffix such as `-alpine`. */
  readonly image: (facts: DockerfileFacts) => string;
  /** The files that describe a project of one module. */
  readonly files: readonly string[];
  /** The script by which a project brings its own release of the tool, and the folder with the script's settings. */
  readonly wrapper: Pick<BuildTool, 'program' | 'files'> & { readonly name: string; readonly settings: string };
  /** Matches the names of the files that describe a project. */
  readonly project: RegExp;
  readonly cache: string;
  /** The folder, below the module's, in which it leaves jars and WARs. */
  readonly outputs: string;
  /** Which it leaves beside the program's, and why. */
  readonly others: Readonly<Partial<Record<Output, { readonly pattern: string; readonly note: string }>>>;
  /** The words that fetch the libraries. */
  readonly fetch: string;
  /** Returns the words that build a module with those it needs, or the only one. */
  readonly build: (module: string | undefined) => string;
}

const MAVEN: BuildTool = {
  program: 'mvn -B',
  image: ({ release }) => `maven:3-eclipse-temurin-${release}`,
  files: ['pom.xml'],
  wrapper: { name: 'mvnw', program: './mvnw -B', files: ['mvnw', 'pom.xml'], settings: '.mvn' },
  project: /^pom\.xml$/,
  cache: '/root/.m2',
  outputs: 'target',
  others: {
    jar: { pattern: 'original-*.jar', note: '# The shade plugin also keeps the jar without its libraries.' },
  },
  fetch: 'dependency:go-offline',
  build: (module) => `package -DskipTests${module === undefined ? '' : ` -pl ${module} -am`}`,
};

/** The first major version of Gradle that runs on each release of Java. @see Gradle's compatibility matrix */
const FIRST_GRADLE: Readonly<Record<string, number>> = { 11: 5, 17: 7, 21: 8, 25: 9 };

/**
 * Returns the major version of the Gradle by which the image was built, as tags begin with it: `8-`, since others may not
 * build the project. Empty if it is unknown, or does not run on the Dockerfile's release of Java.
 */
function majorOfGradle({ commands, variables, release }: DockerfileFacts): string {
  const downloads = commands.flatMap(({ words }) => words.flatMap((word) => GRADLE_ARCHIVE.exec(word)?.[1] ?? []));
  const major = /^\d+/.exec(downloads[0] ?? variables.get('GRADLE_VERSION') ?? '')?.[0];
  return major !== undefined && Number(major) >= (lookUp(FIRST_GRADLE, release) ?? 0) ? `${major}-` : '';
}

const GRADLE_ARCHIVE = /\/gradle-(\d+)[\d.]*-(?:bin|all)\.zip$/;

const GRADLE: BuildTool = {
  program: 'gradle --no-daemon',
  image: (facts) => `gradle:${majorOfGradle(facts)}jdk${facts.release}`,
  files: ['*.gradle*', 'gradle.propertie[s]'],
  wrapper: {
    name: 'gradlew',
    program: './gradlew --no-daemon',
    files: ['gradlew', '*.gradle*', 'gradle.propertie[s]'],
    settings: 'gradle',
  },
  project: /^(?:build|settings|\*)\.gradle[\w.*]*$/,
  cache: '/root/.gradle',
  outputs: 'build/libs',
  others: {
    jar: { pattern: '*-plain.jar', note: '# Spring Boot also builds a jar with the classes alone.' },
    war: { pattern: '*-plain.war', note: '# Spring Boot also builds a WAR without the libraries of its own server.' },
  },
  fetch: 'dependencies',
  build: (module) => (module === undefined ? 'assemble' : `:${module.replaceAll('/', ':')}:assemble`),
};

/** A jar or WAR in the folder of a build tool: `api/target/api.jar` of the module `api`. */
const OUTPUT_OF_BUILD = /^(.*\/)?(target|build\/libs)\/([\w.*-]+\.[jw]ar)$/;
const MODULE = /^(?:\w[\w.-]*(?:\/\w[\w.-]*)*)?$/;

/** Where a jar is: in the module's folder, empty for the top, below it in the build tool's. */
interface OutputFile {
  readonly module: string;
  readonly folder: string;
  readonly file: string;
}

/** Returns where the image copied jars from, or starts them. */
function outputsOf({ copies, entrypoint, cmd }: DockerfileFacts): readonly OutputFile[] {
  const words = [...entrypoint, ...cmd].flatMap((word) => word.slice(0, LONGEST_SCRIPT).split(/\s+/));
  return [...copies.flatMap(({ sources }) => sources), ...words].flatMap((path) => {
    const [, above = '', folder = '', file = ''] = OUTPUT_OF_BUILD.exec(path) ?? [];
    // Absolute paths do not tell the module.
    const module = above.startsWith('/') ? '' : withoutDotSlash(above).replace(/\/$/, '');
    return folder !== '' && MODULE.test(module) ? [{ module, folder, file }] : [];
  });
}

/** Returns the name by which the image takes its jar from the build, unless a version in it may change: `*-all.jar`. */
function fileOf(output: Output, module: string | undefined, facts: DockerfileFacts): string {
  const files = outputsOf(facts).filter((file) => file.module === '' || file.module === module);
  const named = files.find(({ file }) => file.endsWith(`.${output}`) && !/\d/.test(file));
  return named?.file ?? `*.${output}`;
}

/** Returns the module that holds the program, by the image's own build or by where its jar is; none if it is the only one. */
function moduleOf(facts: DockerfileFacts): string | undefined {
  return moduleOfBuild(facts) ?? outputsOf(facts).find(({ module }) => module !== '')?.module;
}

/** Returns the module that the image's own build named: `api` for `mvn -pl api`, `gradle :api:bootJar`. */
function moduleOfBuild({ commands }: DockerfileFacts): string | undefined {
  const named = commands.flatMap((command) => [
    ...valuesOf(command, '-pl', '--projects'),
    ...(/^gradlew?$/.test(command.program) ? command.words.flatMap((word) => GRADLE_TASK.exec(word)?.[1] ?? []) : []),
  ]);
  return named.map((name) => name.replaceAll(':', '/')).findLast((name) => /^\w[\w./-]*$/.test(name));
}

const GRADLE_TASK = /^:?([\w.-]+(?::[\w.-]+)*):(?:build|assemble|bootJar|shadowJar|jar)$/;
