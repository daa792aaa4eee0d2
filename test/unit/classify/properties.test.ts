import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { classifyImage } from '../../../src/classify/classify-image.ts';
import type { ClassifierInput, KnownBase } from '../../../src/classify/verdict.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseImageConfig } from '../../../src/oci/image-config.ts';
import { readCorpus } from '../../support/corpus.ts';
import { imageManifest } from '../../support/image-manifest.ts';

const corpus = readCorpus('test/fixtures/corpus');
const realLines = corpus.flatMap((image) => image.input.config.history.map((entry) => entry.createdBy));

const line = fc.oneof(
  fc.constantFrom(...realLines),
  fc.string({ maxLength: 200 }),
  fc.constantFrom('RUN ', 'ENV', 'ENV =', 'CMD [', '|9', '/bin/sh -c #(nop)', 'COPY', 'FROM'),
);
const entry = fc.record(
  {
    created: fc.oneof(fc.constantFrom('2024-01-01T00:00:00Z', '0001-01-01T00:00:00Z', 'never'), fc.string()),
    created_by: line,
    comment: fc.oneof(
      fc.constantFrom('buildkit.dockerfile.v0', 'FROM example.com/base:1', 'Imported from -'),
      fc.string(),
    ),
    author: fc.oneof(fc.constantFrom('kaniko', 'ko', 'Bazel', '.NET SDK'), fc.string()),
    empty_layer: fc.boolean(),
  },
  { requiredKeys: [] },
);
const words = fc.array(
  fc.oneof(fc.constantFrom('node', '/bin/sh', '-c', 'exec java -jar a.jar', 'python3.11'), fc.string()),
);
const labels = fc.dictionary(
  fc.oneof(
    fc.constantFrom('io.buildpacks.lifecycle.metadata', 'com.redhat.component', 'org.opencontainers.image.base.name'),
    fc.string(),
  ),
  fc.oneof(fc.constantFrom('{}', '{"runImage":1}', 'ubi9-container'), fc.string()),
);
const digest = fc.nat(50).map((seed) => digestOf(`layer ${seed}`));

const config = fc.record({
  os: fc.constantFrom('linux', 'windows', ''),
  architecture: fc.constant('amd64'),
  config: fc.record({
    Env: fc.array(fc.oneof(fc.constantFrom('NODE_VERSION=20', 'JAVA_VERSION', 'PHP_VERSION='), fc.string())),
    Entrypoint: words,
    Cmd: words,
    Labels: labels,
    User: fc.oneof(fc.constantFrom('0', 'root', '1000:1000'), fc.string()),
  }),
  rootfs: fc.record({ diff_ids: fc.array(digest, { maxLength: 12 }) }),
  history: fc.array(entry, { maxLength: 25 }),
});

const inputs: fc.Arbitrary<ClassifierInput> = fc
  .record({
    config,
    layers: fc.array(digest, { maxLength: 12 }),
    provenance: fc.array(fc.jsonValue(), { maxLength: 2 }),
    annotations: labels,
  })
  .map(({ config: json, layers, provenance, annotations }) => {
    const parsed = parseImageConfig(JSON.stringify(json));
    return {
      manifest: { ...imageManifest(layers.map((layer) => ({ digest: layer, size: 1 }))), annotations },
      config: parsed,
      provenance,
      bases: [],
    };
  });

function known(name: string, layerCount: number): KnownBase {
  return { references: [name], digest: digestOf(name), layerCount, origin: 'catalogue' };
}

describe('whatever the image', () => {
  test('gives the same verdict each time, with one entry per layer', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const verdict = classifyImage(input);
        expect(verdict.layers).toHaveLength(input.manifest.layers.length);
        expect(classifyImage(input)).toEqual(verdict);
      }),
      { numRuns: 100 },
    );
  });

  test('proves no base without layers', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        expect(classifyImage(input).base.confidence).not.toBe('proven');
      }),
    );
  });

  test('the longest known base is proven, and no history, label or annotation changes it', () => {
    fc.assert(
      fc.property(inputs, fc.nat(10), fc.nat(10), (input, one, other) => {
        const total = input.manifest.layers.length;
        const bases = [known('library/one:1', one), known('library/other:1', other)];
        const beneath = bases.filter((base) => base.layerCount > 0 && base.layerCount < total);
        const layerCount = Math.max(0, ...beneath.map((base) => base.layerCount));
        const { base } = classifyImage({ ...input, bases });
        if (beneath.length === 0) expect(base.confidence).not.toBe('proven');
        else {
          const references = beneath
            .filter((each) => each.layerCount === layerCount)
            .flatMap((each) => each.references);
          expect(base).toMatchObject({ confidence: 'proven', references: references.sort(), layerCount });
        }
      }),
    );
  });
});

/** An image built on another by one COPY. */
function withApp(input: ClassifierInput): ClassifierInput {
  const { manifest, config } = input;
  const layer = {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf('app'),
    size: 1,
    annotations: {},
  };
  const step = {
    created: '2027-01-01T00:00:00.000Z',
    createdBy: 'COPY app /app # buildkit',
    comment: 'buildkit.dockerfile.v0',
    emptyLayer: false,
  };
  return {
    ...input,
    manifest: { ...manifest, layers: [...manifest.layers, layer] },
    config: { ...config, diffIds: [...config.diffIds, digestOf('app')], history: [...config.history, step] },
  };
}

describe.each(corpus.slice(0, 39))('$name', (image) => {
  test('layers and settings added on top keep the base, and it is the image itself', () => {
    const { layers } = image.input.manifest;
    const verdict = classifyImage({ ...withApp(image.input), bases: [known(image.names[0] ?? '', layers.length)] });
    expect(verdict.base).toMatchObject({
      confidence: 'proven',
      references: image.names,
      layerCount: layers.length,
    });
    expect(verdict.distro?.value.id).toBe(classifyImage(image.input).distro?.value.id ?? verdict.distro?.value.id);
    expect(verdict.layers.at(-1)).toEqual({ class: 'application', instruction: 'COPY app /app' });
  });

  test('even without a catalogue, an image built on it is not judged to be built on its base', () => {
    const { base } = classifyImage(withApp(image.input));
    const repository = image.names[0]?.split(':')[0];
    if (base.confidence !== 'unknown') expect(base.references.map((name) => name.split(':')[0])).toContain(repository);
  });
});
