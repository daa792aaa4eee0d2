import { valuesOf } from '../../policy/shell.ts';
import { ALPINE } from '../releases.ts';
import { scriptNote, settingLines, startLines } from './closing.ts';
import { baseName, contextFolderOf, copiesFile } from './copies.ts';
import { jsonWords } from './exec-form.ts';
import { argsOf, type DockerfileFacts, environmentLines } from './facts.ts';
import { runPackages } from './packages.ts';

/** The first release with modules, which jlink needs. */
const FIRST_WITH_MODULES = 9;
/** The first release whose jlink accepts `zip-6`; earlier ones have compression levels 0 to 2. */
const FIRST_WITH_ZIP_LEVELS = 21;

/** Returns a Dockerfile for Java: the jar on a JRE, or on Alpine on a runtime linked from only the modules it uses. */
export function javaDockerfile(facts: DockerfileFacts): string {
  const isLinked = facts.base === 'alpine-base' && Number(facts.release) >= FIRST_WITH_MODULES;
  return isLinked ? linkedDockerfile(facts) : jreDockerfile(facts);
}

/** Returns the build stage: on a JDK if the project has a wrapper of its build tool, else on the build tool's image. */
function buildStage(facts: DockerfileFacts, suffix: string): string[] {
  const tool = buildToolOf(facts);
  const wrapper = isUsed(tool.wrapper.name, facts) ? tool.wrapper : undefined;
  const { program, files } = wrapper ?? tool;
  const from = contextFolderOf(tool.project, facts);
  const run = `RUN --mount=type=cache,target=${tool.cache} ${program}`;
  const module = moduleOf(facts);
  const jars = module === undefined ? tool.jars : `${module}/${tool.jars}`;
  const isSingle = module === undefined && projectFolders(tool, facts).size < 2;
  return [
    `FROM ${wrapper ? `eclipse-temurin:${facts.release}-jdk` : tool.image(facts.release)}${suffix} AS build`,
    'WORKDIR /src',
    ...(isSingle && wrapper ? [`COPY ${from}${wrapper.settings} ${wrapper.settings}`] : []),
    ...(isSingle
      ? [`COPY ${files.map((file) => from + file).join(' ')} ./`, `${run} ${tool.fetch}`, `COPY ${from}src src`]
      : [`COPY ${from === '' ? '.' : from} .`, ...moduleNote(module, facts)]),
    tool.otherJars.note,
    `${run} ${tool.build(module)} && \\`,
    `    rm -f ${jars}/${tool.otherJars.pattern} && cp ${jars}/*.jar /app.jar`,
  ];
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

function isUsed(name: string, { commands, copies }: DockerfileFacts): boolean {
  return commands.some(({ program }) => program === name) || copies.some((copy) => copiesFile(copy, name));
}

function buildToolOf(facts: DockerfileFacts): BuildTool {
  const isGradle = isUsed('gradle', facts) || jarsOf(facts).some(({ folder }) => folder === GRADLE.jars);
  return isGradle || isUsed('gradlew', facts) ? GRADLE : MAVEN;
}

interface BuildTool {
  readonly program: string;
  /** Returns the reference of an image that has it, without a suffix such as `-alpine`. */
  readonly image: (release: string) => string;
  /** The files that describe a project of one module. */
  readonly files: readonly string[];
  /** The script by which a project brings its own release of the tool, and the folder with the script's settings. */
  readonly wrapper: Pick<BuildTool, 'program' | 'files'> & { readonly name: string; readonly settings: string };
  /** Matches the names of the files that describe a project. */
  readonly project: RegExp;
  readonly cache: string;
  /** The folder, below the module's, in which it leaves jars. */
  readonly jars: string;
  /** Jars that it leaves beside the program's, and why. */
  readonly otherJars: { readonly pattern: string; readonly note: string };
  /** The words that fetch the libraries. */
  readonly fetch: string;
  /** Returns the words that build a module with those it needs, or the only one. */
  readonly build: (module: string | undefined) => string;
}

const MAVEN: BuildTool = {
  program: 'mvn -B',
  image: (release) => `maven:3-eclipse-temurin-${release}`,
  files: ['pom.xml'],
  wrapper: { name: 'mvnw', program: './mvnw -B', files: ['mvnw', 'pom.xml'], settings: '.mvn' },
  project: /^pom\.xml$/,
  cache: '/root/.m2',
  jars: 'target',
  otherJars: { pattern: 'original-*.jar', note: '# The shade plugin also keeps the jar without its libraries.' },
  fetch: 'dependency:go-offline',
  build: (module) => `package -DskipTests${module === undefined ? '' : ` -pl ${module} -am`}`,
};

const GRADLE: BuildTool = {
  program: 'gradle --no-daemon',
  image: (release) => `gradle:jdk${release}`,
  files: ['*.gradle*', 'gradle.propertie[s]'],
  wrapper: {
    name: 'gradlew',
    program: './gradlew --no-daemon',
    files: ['gradlew', '*.gradle*', 'gradle.propertie[s]'],
    settings: 'gradle',
  },
  project: /^(?:(?:build|settings|\*)\.gradle[\w.*]*)$/,
  cache: '/root/.gradle',
  jars: 'build/libs',
  otherJars: { pattern: '*-plain.jar', note: '# Spring Boot also builds a jar with the classes alone.' },
  fetch: 'dependencies',
  build: (module) => (module === undefined ? 'assemble' : `:${module.replaceAll('/', ':')}:assemble`),
};

/** A jar in the folder of a build tool: `api/target/api.jar` of the module `api`. */
const JAR_OF_BUILD = /^(.*\/)?(target|build\/libs)\/[\w.*-]+\.jar$/;
const MODULE = /^(?:\w[\w.-]*(?:\/\w[\w.-]*)*)?$/;

/** Returns where the image copied jars from, or starts them: the module's folder, empty for the top, and the tool's. */
function jarsOf({ copies, entrypoint, cmd }: DockerfileFacts): readonly { module: string; folder: string }[] {
  const words = [...entrypoint, ...cmd].flatMap((word) => word.slice(0, LONGEST_SCRIPT).split(/\s+/));
  return [...copies.flatMap(({ sources }) => sources), ...words].flatMap((path) => {
    const [, above = '', folder = ''] = JAR_OF_BUILD.exec(path) ?? [];
    // Absolute paths do not tell the module.
    const module = above.startsWith('/') ? '' : above.replace(/^\.\//, '').replace(/\/$/, '');
    return folder !== '' && MODULE.test(module) ? [{ module, folder }] : [];
  });
}

/** Returns the module that holds the program, by the image's own build or by where its jar is; none if it is the only one. */
function moduleOf(facts: DockerfileFacts): string | undefined {
  return moduleOfBuild(facts) ?? jarsOf(facts).find(({ module }) => module !== '')?.module;
}

/** Returns the module that the image's own build named: `api` for `mvn -pl api`, `gradle :api:bootJar`. */
function moduleOfBuild({ commands }: DockerfileFacts): string | undefined {
  const named = commands.flatMap((command) => [
    ...['-pl', '--projects'].flatMap((option) => valuesOf(command, option)),
    ...(/^gradlew?$/.test(command.program) ? command.words.flatMap((word) => GRADLE_TASK.exec(word)?.[1] ?? []) : []),
  ]);
  return named.map((name) => name.replaceAll(':', '/')).findLast((name) => /^\w[\w./-]*$/.test(name));
}

const GRADLE_TASK = /^:?([\w.-]+(?::[\w.-]+)*):(?:build|assemble|bootJar|shadowJar|jar)$/;

const JAR = '/app/app.jar';
/** Options that name files, which would be elsewhere in the generated image. */
const NAMES_FILES = /^-(?:javaagent|agentpath|cp$|classpath$|Xbootclasspath|Xlog.*file|XX:\w*(?:File|Path)=)/;

/** A single command that needs a shell only to expand variables: `java $JAVA_OPTS -jar app.jar`. */
const SHELL_START = /^(?:exec +)?(java [\w $.{}:=+,/@%-]*?-jar +)[\w./*-]+((?: [\w $.{}:=+,/@%-]*)?)$/;

/** A config may hold a script of megabytes, but no jar is started by a long one. */
const LONGEST_SCRIPT = 1_000;

/**
 * Returns the ENTRYPOINT for a jar that the image starts by a shell; undefined if it does not. `exec` replaces the
 * shell by the program, which then receives the signals.
 */
function shellStart({ entrypoint, cmd, needsDistribution }: DockerfileFacts): string | undefined {
  const words = entrypoint.length > 0 ? entrypoint : cmd;
  const script = words.length === 3 && words[1] === '-c' ? (words[2] ?? '').trim() : '';
  const [, before, after = ''] = (script.length <= LONGEST_SCRIPT && SHELL_START.exec(script)) || [];
  if (before === undefined || !needsDistribution) return undefined;
  return `ENTRYPOINT ${jsonWords(['sh', '-c', `exec ${before}${JAR}${after}`])}`;
}

/**
 * Returns the lines that start the jar with the options and arguments that the image has. Everything up to the jar goes
 * into the entrypoint, even if the image has it in its command; only arguments after the jar stay in the command.
 */
function startOf(facts: DockerfileFacts): readonly string[] {
  const byShell = shellStart(facts);
  if (byShell !== undefined) return [byShell];
  const args = argsOf(facts);
  const at = args.indexOf('-jar');
  const isJar = facts.program === 'java' && at >= 0 && !args.slice(0, at).some((word) => NAMES_FILES.test(word));
  const ofEntrypoint = Math.max(at + 2, facts.programArgs.length);
  const options = isJar && at > 0 ? args.slice(0, at) : ['-XX:MaxRAMPercentage=75'];
  const after = isJar ? args.slice(at + 2, ofEntrypoint) : [];
  return [
    ...scriptNote(facts),
    ...startLines({
      entrypoint: ['java', ...options, '-jar', JAR, ...after],
      cmd: isJar ? args.slice(ofEntrypoint) : [],
    }),
  ];
}

/** Returns the last lines: ports, health check and start. */
function closingOf(facts: DockerfileFacts): readonly string[] {
  return [...settingLines(facts), ...startOf(facts)];
}

function jreDockerfile(facts: DockerfileFacts): string {
  const isAlpine = facts.base === 'alpine-base';
  const isDistroless = facts.base === 'distroless-base' && !facts.needsDistribution;
  if (isDistroless && DISTROLESS.includes(facts.release)) return distrolessDockerfile(facts);
  return [
    ...buildStage(facts, isAlpine ? '-alpine' : ''),
    '',
    `FROM eclipse-temurin:${facts.release}-jre${isAlpine ? '-alpine' : ''}`,
    ...runPackages(facts),
    ...environmentLines(facts),
    'WORKDIR /app',
    'COPY --from=build /app.jar app.jar',
    'USER 10001',
    ...closingOf(facts),
  ].join('\n');
}

/** The releases for which there are distroless images on Debian 13. */
const DISTROLESS: readonly string[] = ['21', '25'];

/** Returns a Dockerfile on a distroless base, which has no shell; java is on its PATH. */
function distrolessDockerfile(facts: DockerfileFacts): string {
  return [
    ...buildStage(facts, ''),
    '',
    `FROM gcr.io/distroless/java${facts.release}-debian13:nonroot`,
    ...environmentLines(facts),
    'WORKDIR /app',
    'COPY --from=build /app.jar app.jar',
    'USER 65532:65532',
    ...closingOf(facts),
  ].join('\n');
}

function linkedDockerfile(facts: DockerfileFacts): string {
  return [
    ...buildStage(facts, '-alpine'),
    '# The modules that the jar and its libraries use, and the one that TLS needs.',
    'RUN mkdir /tmp/jar && cd /tmp/jar && jar xf /app.jar && \\',
    `    modules="$(jdeps --ignore-missing-deps --multi-release ${facts.release} --print-module-deps --recursive \\`,
    "      --class-path \"$(find . -name '*.jar' | tr '\\n' ':')\" /app.jar)\" && \\",
    '    jlink --add-modules "$modules,jdk.crypto.ec" --strip-debug --no-man-pages --no-header-files \\',
    `      --compress ${Number(facts.release) >= FIRST_WITH_ZIP_LEVELS ? 'zip-6' : '2'} --output /jre`,
    '',
    `FROM alpine:${ALPINE}`,
    ...runPackages(facts),
    ...environmentLines(facts),
    'ENV PATH=/opt/jre/bin:$PATH',
    'WORKDIR /app',
    'COPY --from=build /jre /opt/jre',
    'COPY --from=build /app.jar app.jar',
    'USER 10001',
    ...closingOf(facts),
  ].join('\n');
}
