import { ALPINE } from '../releases.ts';
import { closing, type DockerfileFacts } from './facts.ts';

/** Java 8 has no modules, and so no jlink. */
const FIRST_WITH_MODULES = 9;
/** The first whose jlink knows `zip-6`; those before it have levels 0 to 2. */
const FIRST_WITH_ZIP_LEVELS = 21;

/** Java: the jar on a JRE; on Alpine, a runtime of only the modules that the jar uses (jlink). */
export function javaDockerfile(facts: DockerfileFacts): string {
  const isLinked = facts.base === 'alpine-base' && Number(facts.release) >= FIRST_WITH_MODULES;
  return isLinked ? linkedDockerfile(facts) : jreDockerfile(facts);
}

function buildStage(facts: DockerfileFacts, suffix: string): string[] {
  return [
    `FROM eclipse-temurin:${facts.release}-jdk${suffix} AS build`,
    'WORKDIR /src',
    ...(facts.commands.some(({ program }) => program.startsWith('gradle')) ? GRADLE : MAVEN),
  ];
}

const MAVEN = [
  'COPY .mvn .mvn',
  'COPY mvnw pom.xml ./',
  'RUN --mount=type=cache,target=/root/.m2 ./mvnw -B dependency:go-offline',
  'COPY src src',
  'RUN --mount=type=cache,target=/root/.m2 ./mvnw -B package -DskipTests && cp target/*.jar /app.jar',
];

const GRADLE = [
  'COPY gradle gradle',
  'COPY gradlew *.gradle* gradle.propertie[s] ./',
  'RUN --mount=type=cache,target=/root/.gradle ./gradlew --no-daemon dependencies',
  'COPY src src',
  '# Spring Boot also makes a jar of the classes alone.',
  'RUN --mount=type=cache,target=/root/.gradle ./gradlew --no-daemon assemble && \\',
  '    rm -f build/libs/*-plain.jar && cp build/libs/*.jar /app.jar',
];

const START = 'ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-jar", "/app/app.jar"]';

function jreDockerfile(facts: DockerfileFacts): string {
  const isAlpine = facts.base === 'alpine-base';
  if (facts.base === 'distroless-base' && DISTROLESS.includes(facts.release)) return distrolessDockerfile(facts);
  return [
    ...buildStage(facts, isAlpine ? '-alpine' : ''),
    '',
    `FROM eclipse-temurin:${facts.release}-jre${isAlpine ? '-alpine' : ''}`,
    'WORKDIR /app',
    'COPY --from=build /app.jar app.jar',
    'USER 10001',
    ...closing({ ...facts, entrypoint: undefined, cmd: undefined }, START),
  ].join('\n');
}

/** Releases that distroless images on Debian 13 have. */
const DISTROLESS: readonly string[] = ['21', '25'];

/** The image starts `java -jar` itself. */
function distrolessDockerfile(facts: DockerfileFacts): string {
  return [
    ...buildStage(facts, ''),
    '',
    `FROM gcr.io/distroless/java${facts.release}-debian13:nonroot`,
    'ENV JAVA_TOOL_OPTIONS=-XX:MaxRAMPercentage=75',
    'WORKDIR /app',
    'COPY --from=build /app.jar app.jar',
    'USER 65532:65532',
    ...closing({ ...facts, entrypoint: undefined, cmd: undefined }, 'CMD ["/app/app.jar"]'),
  ].join('\n');
}

function linkedDockerfile(facts: DockerfileFacts): string {
  return [
    ...buildStage(facts, '-alpine'),
    '# The modules that the jar and its libraries name, and those that TLS needs.',
    'RUN mkdir /tmp/jar && cd /tmp/jar && jar xf /app.jar && \\',
    `    modules="$(jdeps --ignore-missing-deps --multi-release ${facts.release} --print-module-deps --recursive \\`,
    "      --class-path \"$(find . -name '*.jar' | tr '\\n' ':')\" /app.jar)\" && \\",
    '    jlink --add-modules "$modules,jdk.crypto.ec" --strip-debug --no-man-pages --no-header-files \\',
    `      --compress ${Number(facts.release) >= FIRST_WITH_ZIP_LEVELS ? 'zip-6' : '2'} --output /jre`,
    '',
    `FROM alpine:${ALPINE}`,
    'ENV PATH=/opt/jre/bin:$PATH',
    'WORKDIR /app',
    'COPY --from=build /jre /opt/jre',
    'COPY --from=build /app.jar app.jar',
    'USER 10001',
    ...closing({ ...facts, entrypoint: undefined, cmd: undefined }, START),
  ].join('\n');
}
