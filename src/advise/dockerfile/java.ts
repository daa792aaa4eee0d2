import { ALPINE } from '../releases.ts';
import { closing, type DockerfileFacts } from './facts.ts';

/** Java: the jar on a JRE; on Alpine, a runtime of only the modules that the jar uses (jlink). */
export function javaDockerfile(facts: DockerfileFacts): string {
  return facts.base === 'alpine-base' ? linkedDockerfile(facts) : jreDockerfile(facts);
}

function buildStage(release: string, suffix: string): string[] {
  return [
    `FROM eclipse-temurin:${release}-jdk${suffix} AS build`,
    'WORKDIR /src',
    'COPY .mvn .mvn',
    'COPY mvnw pom.xml ./',
    'RUN --mount=type=cache,target=/root/.m2 ./mvnw -B dependency:go-offline',
    'COPY src src',
    'RUN --mount=type=cache,target=/root/.m2 ./mvnw -B package -DskipTests && cp target/*.jar /app.jar',
  ];
}

const START = 'ENTRYPOINT ["java", "-XX:MaxRAMPercentage=75", "-jar", "/app/app.jar"]';

function jreDockerfile(facts: DockerfileFacts): string {
  return [
    ...buildStage(facts.release, ''),
    '',
    `FROM eclipse-temurin:${facts.release}-jre`,
    'WORKDIR /app',
    'COPY --from=build /app.jar app.jar',
    'USER 10001',
    ...closing({ ...facts, entrypoint: undefined, cmd: undefined }, START),
  ].join('\n');
}

function linkedDockerfile(facts: DockerfileFacts): string {
  return [
    ...buildStage(facts.release, '-alpine'),
    '# The modules that the jar and its libraries name, and those that TLS needs.',
    'RUN mkdir /tmp/jar && cd /tmp/jar && jar xf /app.jar && \\',
    `    modules="$(jdeps --ignore-missing-deps --multi-release ${facts.release} --print-module-deps --recursive \\`,
    "      --class-path \"$(find . -name '*.jar' | tr '\\n' ':')\" /app.jar)\" && \\",
    '    jlink --add-modules "$modules,jdk.crypto.ec" --strip-debug --no-man-pages --no-header-files \\',
    '      --compress zip-6 --output /jre',
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
