import { ALPINE, FIRST_JAVA_WITH_MODULES } from '../releases.ts';
import { scriptNote, settingLines } from './closing.ts';
import { environmentLines } from './environment.ts';
import { argsOf, type DockerfileFacts } from './facts.ts';
import { buildStage, copiesProgram, LONGEST_SCRIPT } from './java-build.ts';
import { jsonWords, startLines } from './lines.ts';
import { runPackages } from './packages.ts';
import { tomcatDockerfile } from './tomcat.ts';

/** The first release whose jlink accepts `zip-6`; earlier ones have compression levels 0 to 2. */
const FIRST_WITH_ZIP_LEVELS = 21;

/**
 * Returns a Dockerfile for Java: the jar on a JRE, or on Alpine on a runtime linked from only the modules it uses; a web
 * application on Tomcat.
 */
export function javaDockerfile(facts: DockerfileFacts): string {
  if (facts.tomcat !== undefined) return tomcatDockerfile(facts, facts.tomcat);
  const isLinked = facts.base === 'alpine-base' && Number(facts.release) >= FIRST_JAVA_WITH_MODULES;
  return isLinked ? linkedDockerfile(facts) : jreDockerfile(facts);
}

const JAR = '/app/app.jar';
/** Options that name files, which would be elsewhere in the generated image. */
const NAMES_FILES = /^-(?:javaagent|agentpath|cp$|classpath$|Xbootclasspath|Xlog.*file|XX:\w*(?:File|Path)=)/;

/** A single command that needs a shell only to expand variables: `java $JAVA_OPTS -jar app.jar`. */
const SHELL_START = /^(?:exec +)?(java [\w $.{}:=+,/@%-]*?-jar +)[\w./*-]+((?: [\w $.{}:=+,/@%-]*)?)$/;

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

/** Spring Boot's class that starts a program from the folders of its jar's layers, up to release 3.1 under the shorter name. */
const LAUNCHER = /^org\.springframework\.boot\.loader\.(launch\.)?JarLauncher$/;

/** Returns that class if the image starts it, and without options that name files. */
function launcherOf(facts: DockerfileFacts): string | undefined {
  const args = argsOf(facts);
  const at = args.findIndex((word) => LAUNCHER.test(word));
  return facts.program === 'java' && !args.slice(0, at).some((word) => isElsewhere(word, facts)) ? args[at] : undefined;
}

function extractLines(launcher: string | undefined): readonly string[] {
  if (launcher === undefined) return [];
  if (!launcher.includes('.launch.'))
    return ['RUN java -Djarmode=layertools -jar /app.jar extract --destination /layers'];
  return [
    '# Spring Boot 3.2 extracts by -Djarmode=layertools, without --layers and --launcher.',
    'RUN java -Djarmode=tools -jar /app.jar extract --layers --launcher --destination /layers',
  ];
}

/** The layers of Spring Boot's jar, what seldom changes first: releases share those that are the same. */
const LAYERS = ['dependencies', 'spring-boot-loader', 'snapshot-dependencies', 'application'];

/**
 * Returns the lines that start the jar with the options and arguments that the image has. Everything up to the jar goes
 * into the entrypoint, even if the image has it in its command; only arguments after the jar stay in the command.
 */
function startOf(facts: DockerfileFacts): readonly string[] {
  const byShell = shellStart(facts);
  if (byShell !== undefined) return [byShell];
  const args = argsOf(facts);
  const launcher = launcherOf(facts);
  const started = launcher === undefined ? ['-jar', JAR] : [launcher];
  const at = args.indexOf(started[0] ?? '');
  const isJar = facts.program === 'java' && at >= 0 && !args.slice(0, at).some((word) => isElsewhere(word, facts));
  const ofEntrypoint = Math.max(at + started.length, facts.programArgs.length);
  const options = isJar && at > 0 ? args.slice(0, at) : ['-XX:MaxRAMPercentage=75'];
  const after = isJar ? args.slice(at + started.length, ofEntrypoint) : [];
  return [
    ...scriptNote(facts),
    ...(isJar ? [] : classNote(facts)),
    ...startLines({
      entrypoint: ['java', ...options, ...started, ...after],
      cmd: isJar ? args.slice(ofEntrypoint) : [],
    }),
  ];
}

/** Whether an option names a file that the Dockerfile does not copy. */
function isElsewhere(option: string, facts: DockerfileFacts): boolean {
  return NAMES_FILES.test(option) && !isCopiedAgent(option, facts);
}

function isCopiedAgent(option: string, { copies }: DockerfileFacts): boolean {
  return copies.some(({ sources, into }) => !sources[0]?.startsWith('/') && option.startsWith(`-javaagent:${into}`));
}

/** Words of starts that start a jar, or build one that is started. */
const STARTS_JAR = /^(?:app|mvnw?|gradlew?|-jar)$|\.JarLauncher$/;

/** Returns a note if the image starts a class, or a program of another name: the jar of its build may not be started. */
function classNote(facts: DockerfileFacts): readonly string[] {
  if (facts.script !== undefined || [facts.program, ...argsOf(facts)].some((word) => STARTS_JAR.test(word))) return [];
  return ['# The image starts no jar: this one must name its main class, and contain its libraries.'];
}

/** The releases for which there are distroless images on Debian 13. */
const DISTROLESS: readonly string[] = ['21', '25'];

function jreDockerfile(facts: DockerfileFacts): string {
  const { base, release, needsDistribution } = facts;
  if (base === 'distroless-base' && !needsDistribution && DISTROLESS.includes(release)) {
    // It has no shell; java is on its PATH.
    const last = [`FROM gcr.io/distroless/java${release}-debian13:nonroot`];
    return withJar(facts, { build: buildStage(facts, ''), last, user: '65532:65532' });
  }
  const suffix = base === 'alpine-base' ? '-alpine' : '';
  const last = [`FROM eclipse-temurin:${release}-jre${suffix}`, ...runPackages(facts)];
  return withJar(facts, { build: buildStage(facts, suffix), last });
}

function linkedDockerfile(facts: DockerfileFacts): string {
  const build = [
    ...buildStage(facts, '-alpine'),
    '# The modules that the jar and its libraries use, and the one that TLS needs.',
    'RUN mkdir /tmp/jar && cd /tmp/jar && jar xf /app.jar && \\',
    `    modules="$(jdeps --ignore-missing-deps --multi-release ${facts.release} --print-module-deps --recursive \\`,
    "      --class-path \".:$(find . -name '*.jar' | tr '\\n' ':')\" /app.jar)\" && \\",
    '    jlink --add-modules "$modules,jdk.crypto.ec" --strip-debug --no-man-pages --no-header-files \\',
    `      --compress ${Number(facts.release) >= FIRST_WITH_ZIP_LEVELS ? 'zip-6' : '2'} --output /jre`,
  ];
  const jre = ['ENV PATH=/opt/jre/bin:$PATH', 'COPY --from=build /jre /opt/jre'];
  return withJar(facts, { build, last: [`FROM alpine:${ALPINE}`, ...runPackages(facts), ...jre] });
}

/** The build stage, the beginning of the last one, and the user that starts the program. */
interface Stages {
  readonly build: readonly string[];
  readonly last: readonly string[];
  readonly user?: string;
}

/** Returns the Dockerfile whose last stage starts the jar that the build left. */
function withJar(facts: DockerfileFacts, { build, last, user = '10001' }: Stages): string {
  const launcher = launcherOf(facts);
  return [
    ...build,
    ...extractLines(launcher),
    '',
    ...last,
    ...environmentLines(facts),
    'WORKDIR /app',
    ...(launcher === undefined
      ? ['COPY --from=build /app.jar app.jar']
      : LAYERS.map((layer) => `COPY --from=build /layers/${layer}/ ./`)),
    `USER ${user}`,
    // The jar is all that the build left: what else the image copied into the program's folder is copied as well.
    ...settingLines(copiesProgram(facts) ? facts : { ...facts, folder: '/src' }),
    ...startOf(facts),
  ].join('\n');
}
