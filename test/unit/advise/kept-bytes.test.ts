import { expect, test } from 'vitest';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { keptBytes } from '../../../src/advise/kept-bytes.ts';
import { subjectOf } from '../../../src/advise/subject.ts';
import type { TechniqueId } from '../../../src/advise/technique.ts';
import type { Runtime } from '../../../src/classify/verdict.ts';
import { auditedImage, type LayerSketch } from '../../support/audited-image.ts';
import { run } from '../../support/dockerfiles.ts';

const MB = 1_000_000;
const DEFAULTS = knowledgeOf([]);

/** What a second stage keeps of an image with these layers on its base. */
function keptOf(runtime: Runtime, own: readonly LayerSketch[]) {
  return keptBytes(subjectOf(auditedImage({ runtime, own }), [], DEFAULTS).removable, ['multi-stage']);
}

test.each([
  ['node', 'apk add --no-cache nodejs', 18, [18, 18]],
  ['node', 'apk add --no-cache nodejs', 10, [10, 10]],
  ['node', 'apk add --no-cache nodejs npm', 25, [12, 25]],
  ['node', 'apk add --no-cache nodejs npm make g++ python3', 100, [12, 100]],
  ['node', 'apt-get update && apt-get install -y nodejs npm imagemagick', 300, [15, 300]],
  ['node', 'curl -fsSL https://deb.nodesource.com/setup_22.x | bash - && apt-get install -y nodejs', 60, [60, 60]],
  ['python', 'apk add --no-cache python3 ca-certificates', 12, [12, 12]],
  ['python', 'apt-get install -y python3 python3-pip python3-dev build-essential', 60, [4, 60]],
  ['php', 'apk add --no-cache php83 php83-fpm php83-mysqli', 9, [9, 9]],
  ['ruby', 'microdnf install -y ruby && microdnf clean all', 12, [12, 12]],
  ['ruby', 'apk add --no-cache ruby ruby-bundler', 10, [3, 10]],
  ['java', 'microdnf install -y java-17-openjdk-headless', 60, [60, 60]],
  ['java', 'apk add --no-cache openjdk17', 130, [25, 130]],
  ['nginx', 'apt-get update && apt-get install -y nginx', 6, [6, 6]],
] as const)(
  'a second stage keeps the runtime that a step installed on a distribution: %s, %s, %s MB',
  (runtime, script, megabytes, [min, max]) => {
    const layer = { instruction: `RUN /bin/sh -c ${script}`, bytes: megabytes * MB, class: 'os-packages' as const };
    const image = auditedImage({ runtime, own: [layer], runtimeLayers: null });
    const { removable } = subjectOf(image, [], DEFAULTS);
    expect(keptBytes(removable, ['multi-stage'])).toEqual({ min: min * MB, max: max * MB });
    // Whose base brings the runtime installs another, such as Python for node-gyp.
    expect(keptOf(runtime, [layer]).min).toBe(Math.round(layer.bytes * 0.05));
  },
);

test.each([
  ['packages of the program', 'apt-get install -y libgtk-3-0 libnss3 fonts-liberation', 85],
  ['the same and what fetches files', 'apt-get install -y libgtk-3-0 wget ca-certificates', 85],
  ['tools of a build, too', 'apt-get install -y libgtk-3-0 git', 5],
  ['packages that a variable names, too', 'apt-get install -y libgtk-3-0 $DEPS', 5],
  ['packages that a file names, too', 'apt-get install -y libgtk-3-0 `cat packages.txt`', 5],
  ['a group of packages, too', 'dnf install -y gtk3 @development', 5],
  ['versions of releases', 'apt-get -t bookworm-backports install -y libgtk-3-0=3.24.* libnss3', 85],
  ['newer versions of what was there', 'apt-get update && apt-get upgrade -y && apt-get install -y libgtk-3-0', 5],
  ['newer versions by apt', 'apt -o Acquire::Retries=3 full-upgrade -y && apt install -y libgtk-3-0', 5],
  ['newer versions by apk', 'apk --no-cache upgrade && apk add --no-cache gtk+3.0', 5],
  ['newer versions by yum', 'yum -y update && yum install -y gtk3', 5],
  ['newer versions by zypper', 'zypper -n up && zypper -n in gtk3', 5],
  ['lists of packages that are new', 'apk update && apk add gtk+3.0', 85],
  ['what another package is built with', 'apt-get build-dep -y nginx && apt-get install -y libgtk-3-0', 5],
  ['what an archive holds', 'apt-get install -y libgtk-3-0 && curl -L go.dev/go.tar.gz | tar -xz -C /usr/local', 5],
  ['nothing but what fetches files', 'apt-get install -y curl ca-certificates', 5],
  ['dependencies of the project, too', 'apt-get install -y libgtk-3-0 && npm ci', 5],
])('a multi-stage build keeps what the program calls: %s', (_, script, least) => {
  const layer = { ...run(script), bytes: 100 * MB, class: 'os-packages' } as const;
  expect(keptOf('node', [layer]).min).toBe(least * MB);
});

test("on Alpine, a second stage keeps less of another distribution's packages: Alpine's own are smaller", () => {
  const own: readonly LayerSketch[] = [{ ...run('apt-get install -y ffmpeg'), bytes: 100 * MB, class: 'os-packages' }];
  const keptOn = (id: string, base: TechniqueId) => {
    const image = auditedImage({ runtime: 'node', own, distro: { id } });
    return keptBytes(subjectOf(image, [], DEFAULTS).removable, ['multi-stage', base]);
  };
  expect(keptOn('debian', 'alpine-base')).toEqual({ min: 5 * MB, max: 100 * MB });
  expect(keptOn('debian', 'slim-base')).toEqual({ min: 85 * MB, max: 100 * MB });
  expect(keptOn('alpine', 'alpine-base')).toEqual({ min: 85 * MB, max: 100 * MB });
});

test.each([
  ['go', 'go mod download && go mod verify', 0],
  ['go', 'go mod download && go build -o /app', 100],
  ['rust', 'cargo fetch', 0],
  ['java', 'chmod +x mvnw && ./mvnw -B dependency:go-offline', 0],
  ['java', 'mvn dependency:go-offline package', 100],
  ['java', './gradlew --no-daemon dependencies', 0],
  ['dotnet', 'dotnet restore', 0],
  ['node', 'npm ci', 100],
] as const)('of what %s fetches, a multi-stage build keeps at most: %s', (runtime, script, percent) => {
  const own: LayerSketch[] = [{ instruction: `RUN /bin/sh -c ${script}`, bytes: 100, class: 'dependencies' }];
  expect(keptOf(runtime, own).max).toBe(percent);
});

test.each([
  ['what another stage built', 'COPY --chown=node /app/dist /app/dist # buildkit'],
  ["what kaniko's other stage built", 'COPY --from=build /opt/conda /opt/conda'],
  ['a jar that a pipeline built', 'COPY target/shop-1.0.jar app.jar # buildkit'],
  [
    'what a publisher built',
    'RUN /bin/sh -c set -ex; wget -nv -O spark.tgz "$SPARK_TGZ_URL"; tar -xf spark.tgz; mv jars /opt/spark/; rm spark.tgz',
  ],
])('a multi-stage build keeps %s whole', (_, instruction) => {
  expect(keptOf('java', [{ instruction, bytes: 100 }])).toEqual({ min: 100, max: 100 });
});

test.each([
  ['Go', 'go', 'RUN /bin/sh -c curl -fsSL https://go.dev/dl/go1.26.5.linux-amd64.tar.gz | tar -C /usr/local -xz'],
  ['Go of another image', 'go', 'COPY /usr/local/go /usr/local/go # buildkit'],
  [
    'Maven',
    'java',
    'RUN /bin/sh -c curl -fsSL https://dlcdn.apache.org/maven/maven-3/3.9.11/binaries/apache-maven-3.9.11-bin.tar.gz | tar -xzC /opt',
  ],
  [
    'Gradle',
    'java',
    'RUN /bin/sh -c wget -q https://services.gradle.org/distributions/gradle-9.1.0-bin.zip && unzip -q gradle-9.1.0-bin.zip -d /opt',
  ],
] as const)('a multi-stage build may leave %s behind, which a step downloads or copies', (_, runtime, instruction) => {
  expect(keptOf(runtime, [{ instruction, bytes: 100 }])).toEqual({ min: 1, max: 100 });
});

test('a multi-stage build may leave behind most of what a chown wrote once more, but no settings', () => {
  const written = (instruction: string) => keptOf('node', [{ instruction, bytes: 1_000, class: 'configuration' }]);
  expect(written('RUN /bin/sh -c mkdir -p /data && chown -R node:node /app /data')).toEqual({ min: 10, max: 1_000 });
  expect(written('COPY nginx.conf /etc/nginx/ # buildkit')).toEqual({ min: 1_000, max: 1_000 });
});
