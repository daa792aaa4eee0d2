import { expect, test } from 'vitest';
import { adviseImage } from '../../../src/advise/advise.ts';
import { knowledgeOf } from '../../../src/advise/alternatives.ts';
import { baseFactsOf } from '../../../src/advise/base-facts.ts';
import { generateDockerfile } from '../../../src/advise/dockerfile/generate.ts';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import type { KnownBase } from '../../../src/classify/verdict.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { findingsOf } from '../../../src/policy/findings-of.ts';
import { viewImage } from '../../../src/policy/image-view.ts';
import { replaceableBytes } from '../../../src/policy/replaceable-bytes.ts';
import { auditedImage } from '../../support/audited-image.ts';
import { listedImage } from '../../support/listed-image.ts';
import { ALPINE, JAMMY, TEMURIN, TOMCAT } from '../../support/official-histories.ts';

const MB = 1_000_000;

const BOOKWORM = `
  2026-08-24T00:00:00 48.5MB RUN # debian.sh --arch 'amd64' out/ 'bookworm' '@1787529600'`;
const BOOKWORM_SLIM = BOOKWORM.replace('48.5MB', '28.2MB');
const PYTHON = `${BOOKWORM_SLIM}
  2026-08-25T01:00:00 - ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
  2026-08-25T01:00:00 3.3MB RUN /bin/sh -c set -eux; apt-get update; apt-get install -y --no-install-recommends ca-certificates netbase tzdata # buildkit
  2026-08-25T01:00:00 - ENV PYTHON_VERSION=3.12.12
  2026-08-25T01:00:10 12.1MB RUN /bin/sh -c set -eux; wget -O python.tar.xz "https://www.python.org/ftp/python/$PYTHON_VERSION/Python-$PYTHON_VERSION.tar.xz" # buildkit
  2026-08-25T01:00:11 251B RUN /bin/sh -c set -eux; ln -svT python3 /usr/local/bin/python # buildkit
  2026-08-25T01:00:11 - CMD ["python3"]`;
const TORCH = `
  2026-09-10 2.5GB RUN /bin/sh -c pip install --no-cache-dir torch==2.5.0 # buildkit`;
const APP = `
  2026-11-01 1MB COPY app /app # buildkit`;

/** Judges an image whose base the audit knows by its layers, whatever lies below that base. */
function judge(base: string, own = APP, config = {}) {
  const input = listedImage({ history: base + own, ...config });
  const above = own.trim().split('\n').length;
  const known: KnownBase = {
    references: ['acme/base:1'],
    digest: digestOf('base'),
    layerCount: input.manifest.layers.length - above,
    origin: 'registry',
  };
  const bases = [known];
  const verdict = classifyImage({ ...input, bases });
  const knowledge = knowledgeOf([]);
  const baseFacts = baseFactsOf(verdict, { bases, knowledge, today: '2026-11-24' });
  const image = { ...input, verdict, baseFacts };
  const findings = findingsOf(image);
  return { findings, ...adviseImage(image, findings, knowledge, { kind: 'reduction', ratio: 0.9 }) };
}

const JAMMY_CUDA = `${JAMMY}
  2026-08-05 - ENV NVARCH=x86_64
  2026-08-05 180MB RUN /bin/sh -c apt-get update && apt-get install -y --no-install-recommends cuda-cudart-12-8 # buildkit`;
const AIRFLOW = `${BOOKWORM}
  2026-08-25T01:00:00 200MB RUN /bin/bash -o pipefail -c bash /scripts/docker/install_os_dependencies.sh runtime # buildkit
  2026-08-25T01:00:00 250MB COPY --chown=airflow:0 /home/airflow/.local /home/airflow/.local # buildkit
  2026-08-25T01:00:00 - ENV AIRFLOW_VERSION=3.1.0
  2026-08-25T01:00:00 - ENTRYPOINT ["/usr/bin/dumb-init" "--" "/entrypoint"]`;
const PLAYWRIGHT = `${JAMMY}
  2026-08-15T10:00:00 - ARG DOCKER_IMAGE_NAME_TEMPLATE=mcr.microsoft.com/playwright:v%version%-jammy
  2026-08-15T10:01:00 90MB RUN /bin/sh -c apt-get update && apt-get install -y nodejs # buildkit
  2026-08-15T10:03:00 600MB RUN /bin/sh -c mkdir /ms-playwright && npx playwright install --with-deps # buildkit`;
const LAMBDA = `
  2026-09-01 110MB COPY / / # buildkit
  2026-09-01 - ENV LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime LD_LIBRARY_PATH=/var/lang/lib:/lib64
  2026-09-01 70MB COPY /var/lang /var/lang # buildkit
  2026-09-01 - ENTRYPOINT ["/lambda-entrypoint.sh"]`;
const JUPYTER = `${JAMMY}
  2026-09-15T10:00:10 60MB RUN /bin/bash -o pipefail -c apt-get update --yes && apt-get install --yes bzip2 tini # buildkit
  2026-09-15T10:00:10 - ENV CONDA_DIR=/opt/conda SHELL=/bin/bash NB_USER=jovyan NB_UID=1000 NB_GID=100
  2026-09-15T10:03:00 130MB RUN /bin/bash -o pipefail -c /tmp/bin/micromamba install --root-prefix=/opt/conda jupyter_core # buildkit
  2026-09-15T10:13:00 - CMD ["start-notebook.py"]
  2026-09-15T10:13:00 4kB COPY start-notebook.py /usr/local/bin/ # buildkit`;
const S2I = `
  2026-09-05 77MB /bin/sh -c #(nop) COPY dir:566bd7ceef31 in / 
  2026-09-10 - /bin/sh -c #(nop) ENV PYTHON_VERSION=3.12 STI_SCRIPTS_PATH=/usr/libexec/s2i
  2026-09-10 160MB /bin/sh -c dnf install -y gcc nodejs python3.12 python3.12-devel && dnf clean all
  2026-09-10 - /bin/sh -c #(nop) CMD ["/usr/libexec/s2i/usage"]`;
const PIP = `
  2026-11-01 60MB RUN /bin/sh -c pip3 install --no-cache-dir -r requirements.txt # buildkit`;

test.each([
  ['CUDA', JAMMY_CUDA, PIP, ['python3', 'server.py']],
  [
    "a company's image on CUDA",
    `${JAMMY_CUDA}\n  2026-09-01 80MB RUN /bin/sh -c apt-get install -y python3-pip`,
    PIP,
    ['python3', 'server.py'],
  ],
  ['Airflow', AIRFLOW, PIP, []],
  ['AWS Lambda', LAMBDA, PIP, ['shop.handler']],
  ['Jupyter', JUPYTER, PIP, []],
  ['OpenShift', S2I, '\n  2026-11-01 60MB /bin/sh -c /usr/libexec/s2i/assemble', ['/usr/libexec/s2i/run']],
  [
    'the browsers of Playwright',
    PLAYWRIGHT,
    '\n  2026-11-01 30MB RUN /bin/sh -c npm ci # buildkit',
    ['npx', 'playwright', 'test'],
  ],
])('no base of the runtime alone is advised in place of %s', (_, base, own, cmd) => {
  const { alone } = judge(base, own, { cmd });
  expect(alone.flatMap((projection) => projection.base ?? [])).toEqual([]);
});

test('no base is replaced that has the name of an image with more than a runtime, whatever its history shows', () => {
  const named = (name: string) => {
    const base = [{ bytes: 30 * MB }, { bytes: 900 * MB }];
    return replaceableBytes(
      viewImage(auditedImage({ runtime: 'python', runtimeLayers: null, baseNames: [name], base })),
    );
  };
  expect(named('mirror.example.com/nvidia/cuda:12.8.1')).toEqual({ min: 0, max: 0 });
  expect(named('registry.example.com/base/cuda:1')).toEqual({ min: 0, max: 930 * MB });
});

test('packages that a private base adds to a runtime stay when the runtime is replaced', () => {
  const { plan, slimScore } = judge(PYTHON + TORCH);
  for (const { projection } of plan) expect(projection.after.min).toBeGreaterThan(2_500 * MB);
  expect(slimScore).toBeGreaterThanOrEqual(98);
});

test('of a private base only the full runtime is replaced by the slim one', () => {
  const base = TEMURIN.replaceAll('jre', 'jdk').replace('47.5MB', '160MB');
  const { plan, findings } = judge(`${base}
  2026-09-10 900MB RUN /bin/sh -c curl -fsSL https://example.com/models.tar.gz | tar -xz -C /opt # buildkit`);
  const saved = 29_800_000 + 16_900_000 + 160 * MB + 158 + 2_500 - 115_557_887;
  expect(findings.find(({ rule }) => rule === 'fat-base')?.bytes).toEqual({ min: saved, max: saved });
  const swap = plan.find(({ projection }) => projection.base === 'eclipse-temurin:17-jre');
  expect(swap?.projection).toMatchObject({ basis: 'measured', savings: { max: saved } });
});

test('an application server stays on its runtime', () => {
  const { plan } = judge(TOMCAT);
  for (const { projection } of plan) expect(projection.after.min).toBeGreaterThan(14_400_000 + MB);
});

test('no base is advised on which there is no image of Tomcat', () => {
  const { alone, findings } = judge(TOMCAT.replaceAll('jre', 'jdk').replace('47.5MB', '160MB'));
  expect(alone.map(({ techniques, base }) => [techniques, base])).toEqual([[['slim-base'], undefined]]);
  const fat = findings.find(({ rule }) => rule === 'fat-base');
  expect(fat?.message).toBe('Use its variant on eclipse-temurin:17-jre for the last stage');
});

test("if the history does not show which layers are the runtime's, the savings range from none to the whole base", () => {
  const { alone } = judge(`${BOOKWORM}
  2026-09-10 300MB RUN /bin/sh -c curl -fsSL https://example.com/python.tar.gz | tar -xz -C /usr/local # buildkit
  2026-09-10 - ENV PYTHON_VERSION=3.12.12`);
  const swaps = alone.filter(({ base }) => base !== undefined);
  expect(swaps).not.toEqual([]);
  for (const { basis, savings } of swaps) expect([basis, savings.min]).toEqual(['estimate', 0]);
});

test('a distribution on which the image installed its runtime is replaced whole', () => {
  const own = `
  2026-11-01 90MB RUN /bin/sh -c apt-get update && apt-get install -y python3 python3-venv # buildkit
  2026-11-01 1MB COPY app /app # buildkit`;
  const { alone } = judge(BOOKWORM, own, { cmd: ['python3', '/app/main.py'] });
  const swap = alone.find(({ techniques }) => techniques.includes('alpine-base'));
  expect(swap?.savings.min).toBeGreaterThan(25 * MB);
});

test('a distribution that the builder names brings no more than the runtime', () => {
  const input = listedImage({ history: BOOKWORM + APP, cmd: ['python3', '/app/main.py'] });
  const history = input.config.history.map((entry, at) => (at === 1 ? { ...entry, comment: 'FROM debian:12' } : entry));
  const built = { ...input, config: { ...input.config, history } };
  const verdict = classifyImage({
    ...built,
    bases: [{ references: ['debian:12'], digest: digestOf('base'), layerCount: 1, origin: 'registry' }],
  });
  const files = generateDockerfile({ ...built, verdict }, 'slim-base', '2026-11-24');
  expect(files.dockerfile).toContain('FROM python:');
  expect(files.dockerfile).not.toContain('brings more than');
});

test('a base with an unknown program stays', () => {
  const postgres = `${BOOKWORM}
  2026-09-10 120MB RUN /bin/sh -c apt-get install -y --no-install-recommends postgresql-16 # buildkit`;
  expect(judge(postgres).plan).toEqual([]);
});

test.each<[string, string, readonly (string | undefined)[]]>([
  ['Debian', BOOKWORM, ['debian:bookworm-slim']],
  ['slim Debian', BOOKWORM_SLIM, []],
  ['Alpine', ALPINE, []],
  ['Debian of a release without a known slim image', BOOKWORM.replace('bookworm', 'buster'), []],
  [
    'AlmaLinux',
    `
  2026-08-24 72.2MB ADD almalinux-9-default-amd64.tar.xz / # buildkit
  2026-08-24 - CMD ["/bin/bash"]`,
    [],
  ],
])('an unknown program stays on its release of %s', (_, base, bases) => {
  expect(judge(base).plan.map(({ projection }) => projection.base)).toEqual(bases);
});

test.each(['example.com/mirror/library/python:3.12-slim', 'docker.io/python:3.12-slim', 'python:3.12-slim'])(
  'a builder that notes what it built on shows where the runtime ends: %s',
  (reference) => {
    const steps = PYTHON.replace(/.*CMD.*/, '');
    const input = listedImage({ history: steps + TORCH });
    const last = input.config.history.length - 1;
    const history = input.config.history.map((entry, at) =>
      at === last ? { ...entry, comment: `FROM ${reference}` } : entry,
    );
    const { runtimeLayers } = classifyImage({ ...input, config: { ...input.config, history } });
    expect(runtimeLayers).toBe(4);
  },
);

test('a Dockerfile says that a base of its own brings more than the runtime', () => {
  const note = /^# The image is built on (.*), which brings more than (.*):/m;
  const noteFor = (history: string, layerCount?: number) => {
    const input = listedImage({ history: history + APP });
    const known = { references: ['acme/base:1'], digest: digestOf('base'), origin: 'registry' } as const;
    const verdict = classifyImage({ ...input, bases: layerCount === undefined ? [] : [{ ...known, layerCount }] });
    const { dockerfile = '' } = generateDockerfile({ ...input, verdict }, 'slim-base', '2026-11-24');
    return note.exec(dockerfile)?.slice(1);
  };
  expect(noteFor(TOMCAT)).toEqual(['library/tomcat', 'java']);
  expect(noteFor(PYTHON + TORCH, 5)).toEqual(['acme/base:1', 'python']);
  expect(noteFor(PYTHON)).toBeUndefined();
  expect(noteFor(TEMURIN)).toBeUndefined();
});
