import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readDockerfile } from '../../../../src/classify/base-image/dockerfile.ts';
import { readProvenance } from '../../../../src/classify/base-image/provenance.ts';
import { normaliseReference } from '../../../../src/classify/base-image/references.ts';

const FOLDER = 'test/fixtures/corpus/provenance';
const cases = readdirSync(FOLDER).map((name) => {
  const { statement, truth } = JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8'));
  return { name, statement, truth };
});

describe.each(cases)('$name', ({ statement, truth }) => {
  const provenance = readProvenance([statement]);

  test('lists the images of the stages as materials, without tools', () => {
    const images: string[] = [...truth.builderImages, ...(truth.finalBase === null ? [] : [truth.finalBase])];
    const expected = images.filter((image) => image !== 'scratch').map(normaliseReference);
    expect(provenance?.materials.map((material) => material.reference).sort()).toEqual(expected.sort());
  });

  test('reads the base of the final stage from the Dockerfile, if included', () => {
    if (provenance?.stages) expect(provenance.stages).toEqual({ base: truth.finalBase, multiStage: true });
  });
});

test('finds the Dockerfile in v0.2, in v1 and in an envelope', () => {
  const kept = cases.filter(({ statement }) => readProvenance([statement])?.stages !== undefined);
  expect(kept.length).toBeGreaterThanOrEqual(4);
});

test('reads the statement inside an envelope', () => {
  const [first] = cases.filter(({ name }) => name.startsWith('slsa02-scratch'));
  const payload = Buffer.from(JSON.stringify(first?.statement)).toString('base64');
  expect(readProvenance([{ payloadType: 'application/vnd.in-toto+json', payload }])).toEqual(
    readProvenance([first?.statement]),
  );
});

test.each([[null], ['text'], [[]], [{ payload: 'no JSON' }], [{ predicate: { materials: [null, 1, { uri: 7 }] } }]])(
  'what is no provenance does no harm: %j',
  (statement) => {
    expect(readProvenance([statement])?.materials ?? []).toEqual([]);
  },
);

test.each([
  'docker/buildkit-syft-scanner:stable-1',
  'registry.example.com/docker/buildkit-syft-scanner:stable-1',
  'docker/scout-sbom-indexer:latest',
])('%s lists software, and is part of no stage', (reference) => {
  const [name = '', version = ''] = reference.split(':');
  const predicate = { materials: [{ uri: 'pkg:docker/alpine@3.22' }, { uri: `pkg:docker/${name}@${version}` }] };
  const materials = readProvenance([{ predicateType: 'https://slsa.dev/provenance/v0.2', predicate }])?.materials;
  expect(materials?.map((material) => material.reference)).toEqual(['library/alpine:3.22']);
});

test.each([
  ['a member toString', { toString: 1, valueOf: 1 }],
  ['lists nested deeper than the stack', JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)],
])('takes a value that is no text for none: %s', (_, value) => {
  const source = { language: value, filename: 'Dockerfile', data: Buffer.from('FROM alpine').toString('base64') };
  const predicate = {
    materials: [{ uri: 'pkg:docker/alpine@3.20', digest: { sha256: value } }],
    Materials: [{ Type: 'docker-image', Ref: 'docker.io/library/node:24', Pin: value }],
    metadata: { 'https://mobyproject.org/buildkit@v1#metadata': { source: { infos: [source] } } },
  };
  expect(readProvenance([{ predicate }])).toEqual({
    materials: [{ reference: 'library/alpine:3.20' }, { reference: 'library/node:24' }],
  });
  expect(readDockerfile('ARG A\nFROM $A', { 'build-arg:A': value, target: value })).toEqual({ multiStage: false });
});
