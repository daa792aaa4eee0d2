import { expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import { listedImage } from '../../support/listed-image.ts';
import { ALPINE } from '../../support/official-histories.ts';

test.each([
  ['dependencies', 'RUN /bin/sh -c npm --silent ci'],
  ['dependencies', 'RUN /bin/sh -c yarn workspaces focus --production'],
  ['dependencies', 'RUN /bin/sh -c deno install --entrypoint main.ts'],
  ['dependencies', 'RUN /bin/sh -c pip3.12 --no-cache-dir install -r requirements.txt'],
  ['dependencies', 'RUN /bin/sh -c pdm install --prod'],
  ['dependencies', 'RUN /bin/sh -c conda env update -n base -f environment.yml'],
  ['dependencies', 'RUN /usr/local/bin/_dockerfile_shell.sh micromamba install -y -n base -f /tmp/env.yaml'],
  ['dependencies', 'RUN /bin/sh -c ./mvnw -B dependency:go-offline'],
  ['dependencies', 'RUN /bin/sh -c ./gradlew --no-daemon dependencies'],
  ['os-packages', 'RUN /bin/bash -o errexit -c install_packages ca-certificates'],
  ['build-tools', 'RUN /bin/sh -c apt-get update && apt-get install -y cargo rustc pkg-config libssl-dev'],
  ['build-tools', 'RUN /bin/sh -c apt-get install -y openjdk-17-jdk-headless curl unzip'],
  ['build-tools', 'RUN /bin/sh -c apt-get install -y --no-install-recommends golang-1.19-go'],
  ['application', 'RUN /bin/sh -c ./gradlew bootJar'],
  ['application', 'RUN /bin/sh -c npm run build'],
])('a layer of %s: %s', (expected, line) => {
  const { layers } = classifyImage(listedImage({ history: `${ALPINE}\n2026-10-15 9MB ${line} # buildkit` }));
  expect(layers.at(-1)?.class).toBe(expected);
});
