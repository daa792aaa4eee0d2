import { describe, expect, test } from 'vitest';
import { classifyImage } from '../../../../src/classify/classify-image.ts';
import type { ClassifierInput, KnownBase } from '../../../../src/classify/verdict.ts';
import { digestOf } from '../../../../src/oci/digest.ts';
import { builtImage } from '../../../support/built-image.ts';

const NAME = 'org.opencontainers.image.base.name';
const DIGEST = 'org.opencontainers.image.base.digest';
const ALPINE_DIGEST = digestOf('alpine');

const image = builtImage({
  steps: [
    { line: 'ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit', day: '2024-09-06' },
    { line: 'CMD ["/bin/sh"]', day: '2024-09-06', empty: true },
    { line: 'RUN /bin/sh -c apk add --no-cache tini # buildkit', day: '2024-10-01' },
    { line: 'COPY app /app # buildkit', day: '2024-10-01' },
  ],
});

function alpine(more: Partial<KnownBase> = {}): KnownBase {
  return { references: ['library/alpine:3.20'], digest: ALPINE_DIGEST, layerCount: 1, origin: 'catalogue', ...more };
}

function annotated(annotations: Record<string, string>, bases: readonly KnownBase[] = []): ClassifierInput {
  return { ...image, manifest: { ...image.manifest, annotations }, bases };
}

describe('annotations', () => {
  test('name a base whose layers are not known', () => {
    expect(classifyImage(annotated({ [NAME]: 'docker.io/library/alpine:3.20', [DIGEST]: ALPINE_DIGEST })).base).toEqual(
      {
        confidence: 'declared',
        references: ['library/alpine:3.20'],
        digest: ALPINE_DIGEST,
        evidence: 'annotation:library/alpine:3.20',
        layerCount: 1,
      },
    );
  });

  test('with a digest that the layers prove are proof, whatever name they give', () => {
    const { base } = classifyImage(annotated({ [NAME]: 'example.com/other:9', [DIGEST]: ALPINE_DIGEST }, [alpine()]));
    expect(base).toMatchObject({
      confidence: 'proven',
      references: ['library/alpine:3.20'],
      evidence: 'annotation+layer-chain:library/alpine:3.20',
    });
  });

  test('may give the digest of the index', () => {
    const indexDigest = digestOf('index');
    const { base } = classifyImage(
      annotated({ [NAME]: 'alpine:3.20', [DIGEST]: indexDigest }, [alpine({ indexDigest })]),
    );
    expect(base).toMatchObject({ confidence: 'proven', digest: ALPINE_DIGEST });
  });

  test('never override what the layers prove', () => {
    const { base } = classifyImage(
      annotated({ [NAME]: 'example.com/other:9', [DIGEST]: digestOf('other') }, [alpine()]),
    );
    expect(base).toMatchObject({ confidence: 'proven', references: ['library/alpine:3.20'] });
  });

  test('choose the base among several proven ones', () => {
    const longer = alpine({
      references: ['example.com/sibling:1'],
      digest: digestOf('sibling'),
      layerCount: 2,
      origin: 'registry',
    });
    const { base } = classifyImage(annotated({ [NAME]: 'alpine:3.20', [DIGEST]: ALPINE_DIGEST }, [longer, alpine()]));
    expect(base).toMatchObject({ references: ['library/alpine:3.20'], layerCount: 1 });
  });

  test('by a name whose digest is of another image prove nothing: the tag may have moved', () => {
    const { base } = classifyImage(annotated({ [NAME]: 'alpine:3.20', [DIGEST]: digestOf('newer') }, [alpine()]));
    expect(base).toMatchObject({ confidence: 'proven', evidence: 'layer-chain:library/alpine:3.20' });
  });

  test.each(['debian:12', 'debian', 'alpine:3.19', 'alpine:3.2'])(
    'for %s, another distribution or release than the root file system, are ignored',
    (name) => {
      expect(classifyImage(annotated({ [NAME]: name })).base).toMatchObject({
        confidence: 'inferred',
        references: ['library/alpine:3.20', 'library/alpine:3.20.3'],
      });
    },
  );

  test.each(['alpine', 'alpine:3', 'alpine:3.20', 'alpine:3.20.3'])('for %s, as the root file system, hold', (name) => {
    const { base } = classifyImage(annotated({ [NAME]: name }));
    expect(base).toMatchObject({ confidence: 'declared', references: [`library/${name}`] });
  });

  test('are told beside what layers and history say', () => {
    const { signals } = classifyImage(annotated({ [NAME]: 'alpine:3.20', [DIGEST]: ALPINE_DIGEST }, [alpine()]));
    expect(signals.slice(0, 3)).toEqual([
      { name: 'layer-chain (catalogue)', says: 'library/alpine:3.20: 1 of 3 layers' },
      { name: 'annotation', says: `library/alpine:3.20@${ALPINE_DIGEST}` },
      { name: 'history', says: 'library/alpine:3.20;library/alpine:3.20.3' },
    ]);
  });

  test('of an image built on scratch name no base', () => {
    const whole = builtImage({
      steps: [{ line: "# debian.sh --arch 'amd64' out/ 'trixie' '@1787529600'", day: '2026-08-24' }],
    });
    const manifest = { ...whole.manifest, annotations: { [NAME]: 'scratch' } };
    expect(classifyImage({ ...whole, manifest }).base).toMatchObject({
      confidence: 'declared',
      references: ['scratch'],
    });
  });

  test('that are empty are ignored', () => {
    expect(classifyImage(annotated({ [NAME]: '', [DIGEST]: '' })).base.confidence).toBe('inferred');
  });

  test('of the index lose their tag if they have a digest', () => {
    const indexAnnotations = { [NAME]: 'example.com/base/team:3', [DIGEST]: digestOf('team') };
    expect(classifyImage({ ...image, indexAnnotations }).base).toMatchObject({
      confidence: 'declared',
      references: ['example.com/base/team'],
      digest: digestOf('team'),
    });
  });
});

describe('layer chains', () => {
  test('of equal length are one answer, sorted', () => {
    const mirror = alpine({ references: ['example.com/alpine:3.20'], digest: digestOf('mirror') });
    const { base } = classifyImage({ ...image, bases: [alpine(), mirror] });
    const references = ['example.com/alpine:3.20', 'library/alpine:3.20'];
    expect(base).toMatchObject({ references, layerCount: 1 });
    expect(base).not.toHaveProperty('digest');
    const named = classifyImage(annotated({ [NAME]: 'alpine:3.20', [DIGEST]: ALPINE_DIGEST }, [mirror, alpine()]));
    expect(named.base).toMatchObject({ references, digest: ALPINE_DIGEST });
    const copy = alpine({ references: ['example.com/alpine:3.20'] });
    expect(classifyImage({ ...image, bases: [alpine(), copy] }).base).toMatchObject({ digest: ALPINE_DIGEST });
  });

  test('of an image without a name are none', () => {
    expect(classifyImage({ ...image, bases: [alpine({ references: [] })] }).base.confidence).toBe('inferred');
  });

  test("as long as the image's are the image itself, and the base is the next longest", () => {
    const itself = alpine({ references: ['example.com/app:1'], layerCount: image.manifest.layers.length });
    expect(classifyImage({ ...image, bases: [itself, alpine()] }).base).toMatchObject({
      references: ['library/alpine:3.20'],
    });
  });
});

test.each([
  ['later has the same layers', '2024-11-01', 'library/redis:7.4-alpine'],
  ['in the same build is below them', '2024-10-03', 'library/alpine:3.20'],
])('the base of an image that only changes settings %s', (_, day, base) => {
  const redis = builtImage({
    steps: [
      { line: 'ADD alpine-minirootfs-3.20.3-x86_64.tar.gz / # buildkit', day: '2024-09-06' },
      { line: 'CMD ["/bin/sh"]', day: '2024-09-06', empty: true },
      { line: 'ENV REDIS_VERSION=7.4.1', day: '2024-10-03', empty: true },
      { line: 'RUN /bin/sh -c apk add --no-cache --virtual .build-deps gcc make # buildkit', day: '2024-10-03' },
      { line: 'CMD ["redis-server"]', day: '2024-10-03', empty: true },
      { line: 'CMD ["redis-server" "--save" "60"]', day, empty: true },
    ],
  });
  const known = alpine({ references: ['library/redis:7.4-alpine'], digest: digestOf('redis'), layerCount: 2 });
  expect(classifyImage({ ...redis, bases: [known, alpine()] }).base).toMatchObject({
    confidence: 'proven',
    references: [base],
  });
});

describe('provenance', () => {
  const materials = (...uris: readonly string[]) => [
    {
      predicateType: 'https://slsa.dev/provenance/v0.2',
      predicate: { materials: uris.map((uri) => ({ uri, digest: { sha256: digestOf(uri).slice(7) } })) },
    },
  ];

  test('with two images proves several stages; the base is the one that the history shows', () => {
    const verdict = classifyImage({
      ...image,
      provenance: materials('pkg:docker/alpine@3.20', 'pkg:docker/golang@1.22'),
    });
    expect(verdict.base).toMatchObject({ confidence: 'declared', references: ['library/alpine:3.20'] });
    expect(verdict.multiStage).toEqual({ value: 'yes', evidence: 'provenance:library/golang:1.22' });
    expect(verdict.runtime?.value).toEqual({ name: 'go', version: '1.22' });
  });

  test.each([
    ['rust@1-alpine', { name: 'rust' }],
    ['golang@alpine', { name: 'go' }],
    ['golang', { name: 'go' }],
    ['golang@1.22.3-alpine', { name: 'go', version: '1.22.3' }],
    ['node@22-alpine', undefined],
    ['example.com/golang/tools@2', undefined],
  ])('with a stage on %s gives the language %j', (stage, runtime) => {
    const { runtime: found } = classifyImage({
      ...image,
      provenance: materials('pkg:docker/alpine@3.20', `pkg:docker/${stage}`),
    });
    expect(found?.value).toEqual(runtime);
  });

  test("with one image under a mirror's name does not prove several stages", () => {
    const { multiStage } = classifyImage({
      ...image,
      provenance: materials('pkg:docker/example.com/mirror/alpine@3.20'),
    });
    expect(multiStage.value).toBe('unknown');
  });

  test('with one image gives the base that the history does not show', () => {
    const { base } = classifyImage({ ...image, provenance: materials('pkg:docker/example.com/team/base@7') });
    expect(base).toMatchObject({ confidence: 'declared', references: ['example.com/team/base:7'] });
  });

  test('with one image of another distribution does not override the history', () => {
    const { base } = classifyImage({ ...image, provenance: materials('pkg:docker/debian@12') });
    expect(base).toMatchObject({
      confidence: 'inferred',
      references: ['library/alpine:3.20', 'library/alpine:3.20.3'],
    });
  });

  test('with several images unlike the one in the history leaves the base unknown', () => {
    const { base } = classifyImage({
      ...image,
      provenance: materials('pkg:docker/example.com/team/base@7', 'pkg:docker/golang@1.22'),
    });
    expect(base).toEqual({ confidence: 'unknown', reason: 'not-in-catalogue', layerCount: 1 });
  });

  test.each(['team/base@7', 'team/java@21'])(
    'with an image that may be built on what the history shows declares neither: %s',
    (name) => {
      const { base } = classifyImage({
        ...image,
        provenance: materials('pkg:docker/alpine@3.20', `pkg:docker/example.com/${name}`),
      });
      expect(base).toMatchObject({
        confidence: 'inferred',
        references: ['library/alpine:3.20', 'library/alpine:3.20.3'],
      });
    },
  );

  test('with one image declares no base if files were copied to scratch, days apart', () => {
    const onNothing = builtImage({
      steps: [
        { line: 'COPY /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ # buildkit', day: '2024-10-01' },
        { line: 'COPY /go/bin/server /server # buildkit', day: '2024-11-01' },
      ],
    });
    const { base } = classifyImage({ ...onNothing, provenance: materials('pkg:docker/golang@1.22') });
    expect(base).toEqual({ confidence: 'unknown', reason: 'not-in-catalogue' });
  });

  test.each(['COPY /rootfs / # buildkit', 'ADD rootfs.tar.gz / # buildkit'])(
    'with one image declares no base beneath a tree of no distribution, laid down by the same build: %s',
    (line) => {
      const onTree = builtImage({
        steps: [
          { line, day: '2024-10-01T10:00:00' },
          { line: 'COPY app /app # buildkit', day: '2024-10-01T10:00:05' },
        ],
      });
      const { base } = classifyImage({ ...onTree, provenance: materials('pkg:docker/fedora@41') });
      expect(base.confidence).not.toBe('declared');
    },
  );

  test('of another builder, which lists images that its tasks ran in, proves nothing', () => {
    const predicate = { buildType: 'tekton.dev/v1/TaskRun', materials: [{ uri: 'pkg:docker/example.com/kaniko@1' }] };
    expect(classifyImage({ ...image, provenance: [{ predicate }] }).base.confidence).toBe('inferred');
  });

  test('finds its base by digest among the known ones, in any order', () => {
    const uri = 'pkg:docker/zulu@1';
    const known = alpine({ digest: digestOf(uri) });
    const sibling = alpine({ references: ['example.com/sibling:1'], digest: digestOf('sibling'), layerCount: 2 });
    const { base } = classifyImage({
      ...image,
      provenance: materials('pkg:docker/alpha@1', uri),
      bases: [sibling, known],
    });
    expect(base).toMatchObject({ confidence: 'proven', references: ['library/alpine:3.20'], digest: digestOf(uri) });
  });
});

describe('a base built on another base', () => {
  const onNode = builtImage({
    steps: [
      { line: "# debian.sh --arch 'amd64' out/ 'bookworm' '@1767571200'", day: '2026-01-05' },
      { line: 'ENV NODE_VERSION=22.13.0', day: '2026-01-08', empty: true },
      {
        line: 'RUN /bin/sh -c ARCH= && curl -fsSLO --compressed "https://nodejs.org/dist/v$NODE_VERSION/node.tar.xz"',
        day: '2026-01-08',
      },
      { line: 'COPY docker-entrypoint.sh /usr/local/bin/ # buildkit', day: '2026-01-08' },
      { line: 'CMD ["node"]', day: '2026-01-08', empty: true },
      { line: 'COPY . /app', day: '2026-02-01', comment: '' },
    ],
  });
  const debian = alpine({ references: ['library/debian:bookworm-slim'], digest: digestOf('debian') });
  const node = alpine({ references: ['library/node:22-slim'], digest: digestOf('node'), layerCount: 3 });
  const baseOf = (more: Partial<ClassifierInput>) => classifyImage({ ...onNode, ...more }).base;
  const annotations = (more: Record<string, string> = {}) => ({
    manifest: {
      ...onNode.manifest,
      annotations: { [NAME]: 'debian:bookworm-slim', [DIGEST]: digestOf('debian'), ...more },
    },
  });

  test('is not the one that annotations inherited from an official image name', () => {
    const inherited = annotations({ 'com.docker.official-images.bashbrew.arch': 'amd64' });
    const { confidence, ...verdict } = baseOf(inherited);
    expect({ confidence, ...verdict }).toMatchObject({ confidence: 'inferred', layerCount: 3 });
    expect(verdict).toHaveProperty('references', expect.arrayContaining(['library/node:22-bookworm-slim']));
  });

  test('is not a shorter known image that annotations name', () => {
    expect(baseOf({ ...annotations(), bases: [debian, node] })).toMatchObject({
      confidence: 'proven',
      references: ['library/node:22-slim'],
    });
  });

  test('is the longer known image that provenance names by an older index', () => {
    const material = (name: string, digest: string) => ({
      uri: `pkg:docker/${name}`,
      digest: { sha256: digest.slice(7) },
    });
    const predicate = {
      materials: [material('debian@bookworm-slim', digestOf('debian')), material('node@22-slim', digestOf('older'))],
    };
    const provenance = [{ predicateType: 'https://slsa.dev/provenance/v0.2', predicate }];
    expect(baseOf({ provenance, bases: [debian, node] })).toMatchObject({
      confidence: 'proven',
      references: ['library/node:22-slim'],
    });
  });
});

describe('labels', () => {
  test('that the own build sets again are its own; equal text inside another label does not count', () => {
    const ownLabels = (above: readonly string[]) => {
      const labelled = builtImage({
        steps: [
          { line: 'ADD rootfs.tar.xz / # buildkit', day: '2024-09-06' },
          { line: 'LABEL base-team=shop', day: '2024-09-06', empty: true },
          { line: 'LABEL team=shop', day: '2024-09-06', empty: true },
          ...above.map((line) => ({ line, day: '2024-10-01', empty: line.startsWith('LABEL') })),
        ],
        labels: { team: 'shop' },
      });
      return { ...classifyImage({ ...labelled, bases: [alpine({ labels: { team: 'shop' } })] }).ownLabels };
    };
    expect(ownLabels(['COPY app /app # buildkit'])).toEqual({});
    expect(ownLabels(['LABEL team=shop', 'COPY app /app # buildkit'])).toEqual({ team: 'shop' });
    expect(ownLabels(['COPY app /app # buildkit', 'LABEL team=shop'])).toEqual({ team: 'shop' });
    expect(ownLabels(['COPY app /app # buildkit', 'LABEL the-team=shop'])).toEqual({});
  });

  test("equal to the base's are inherited", () => {
    const config = { ...image.config, labels: { maintainer: 'base', team: 'shop', token: 'TOKEN=abcdef' } };
    const { ownLabels } = classifyImage({
      ...image,
      config,
      bases: [alpine({ labels: { maintainer: 'base', team: 'base' } })],
    });
    expect({ ...ownLabels }).toEqual({ team: 'shop', token: 'TOKEN=***' });
  });

  test('are found among as many steps in time linear in the number of both', () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `label-${index}`);
    const line = `LABEL ${'a=b '.repeat(4_000)}`;
    const { ownLabels } = classifyImage(
      builtImage({
        steps: [
          { line: 'ADD rootfs.tar / # buildkit', day: '2024-09-06' },
          ...Array.from({ length: 60 }, () => ({ line, day: '2024-09-06', empty: true })),
          { line: 'LABEL label-7=x y # buildkit', day: '2024-09-06', empty: true },
          { line: 'CMD ["bash"]', day: '2024-09-06', empty: true },
          { line: 'RUN true # buildkit', day: '2024-10-01' },
        ],
        labels: Object.fromEntries(names.map((name) => [name, 'x y'])),
      }),
    );
    expect(Object.keys(ownLabels)).toEqual(names.filter((name) => name !== 'label-7'));
  });

  test("that name a base count only if the image's own build wrote them", () => {
    const config = { ...image.config, labels: { [NAME]: 'example.com/grandparent:1' } };
    expect(classifyImage({ ...image, config }).base.confidence).toBe('inferred');
  });
});

describe('buildpacks', () => {
  const runImage = {
    image: 'index.docker.io/paketobuildpacks/run:base',
    reference: `paketobuildpacks/run@${digestOf('run')}`,
  };
  const empty = { createdBy: '', emptyLayer: false };

  test('name the run image and its last layer', () => {
    const metadata = JSON.stringify({ runImage: { ...runImage, topLayer: image.config.diffIds[1] } });
    const config = {
      ...image.config,
      history: [empty, empty, empty],
      labels: { 'io.buildpacks.lifecycle.metadata': metadata },
    };
    const verdict = classifyImage({ ...image, config });
    expect(verdict.base).toMatchObject({
      confidence: 'declared',
      references: ['paketobuildpacks/run:base'],
      digest: digestOf('run'),
      layerCount: 2,
    });
    expect(verdict.buildTool?.value).toBe('buildpacks');
  });

  test.each(['@'.repeat(200_000), { toString: 1, valueOf: 1 }])(
    'whose label is hostile are read in linear time',
    (reference) => {
      const metadata = JSON.stringify({ runImage: { image: `${'@'.repeat(400_000)}\n@`, reference } });
      const config = {
        ...image.config,
        history: [empty],
        labels: { 'io.buildpacks.lifecycle.metadata': metadata.replace(/@"/, '\\t@"') },
      };
      expect(classifyImage({ ...image, config }).buildTool?.value).toBe('buildpacks');
    },
  );

  test('beneath a Dockerfile build are inherited, and do not name the base', () => {
    const config = { ...image.config, labels: { 'io.buildpacks.lifecycle.metadata': JSON.stringify({ runImage }) } };
    expect(classifyImage({ ...image, config }).base.confidence).toBe('inferred');
  });
});

test.each([
  ['no history at all', [], 'no-history'],
  ['one layer, several steps', ['RUN a', 'RUN b'], 'squashed'],
  ['a first step that needs something beneath', ['RUN a'], 'not-in-catalogue'],
])('%s: unknown, with the reason', (_, lines, reason) => {
  const history = lines.map((createdBy) => ({ createdBy, emptyLayer: false }));
  const config = { ...image.config, history };
  const manifest = { ...image.manifest, layers: image.manifest.layers.slice(0, 1) };
  expect(classifyImage({ ...image, manifest, config }).base).toMatchObject({ confidence: 'unknown', reason });
});
