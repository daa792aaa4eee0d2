import fc from 'fast-check';
import { ARM, type BuiltManifest, image, index, rawManifest } from './image-builder.ts';
import { answer, body, reset } from './registry-faults.ts';
import type { Fault, RegistryServer } from './registry-server.ts';

/** Random contents of a registry. Distinct layers are few, so images share them within and between repositories. */
export interface RandomRegistry {
  readonly tags: readonly { readonly repository: string; readonly tag: string; readonly content: BuiltManifest }[];
  /** Faults: the first responses for matching paths are replaced. */
  readonly corruptions: readonly { readonly path: RegExp; readonly what: string; readonly fault: Fault }[];
}

const layers = fc.array(fc.constantFrom('base', 'runtime', 'app', 'tools', 'data'), { minLength: 0, maxLength: 4 });
const singleImage = layers.map((names) => image({ layers: names }));
const content: fc.Arbitrary<BuiltManifest> = fc.oneof(
  { weight: 6, arbitrary: singleImage },
  {
    weight: 2,
    arbitrary: fc
      .tuple(layers, layers)
      .map(([amd, arm]) => index([image({ layers: amd }), image({ layers: arm, platform: ARM })])),
  },
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'binary', maxLength: 60 })
      .map((text) => rawManifest('application/vnd.oci.image.manifest.v1+json', text)),
  },
);

const repositories = fc.constantFrom('team-a/one', 'team-a/two', 'team-b/one', 'library/base', 'other');
const tags = fc.constantFrom('1', '2', 'latest');
const paths = fc.constantFrom(
  /manifests\/1$/,
  /manifests\/sha256/,
  /blobs\//,
  /team-a\/one\//,
  /tags\/list/,
  /_catalog/,
);
const faults = fc.oneof(
  fc.constantFrom(403, 404, 400, 410).map((status) => ({ what: `HTTP ${status}`, fault: answer(status) })),
  fc.constant({ what: 'reset', fault: reset() }),
  fc
    .uint8Array({ maxLength: 80 })
    .map((bytes) => ({ what: `bytes ${Buffer.from(bytes).toString('hex')}`, fault: body(Buffer.from(bytes)) })),
  fc.json().map((text) => ({ what: text, fault: body(text, { 'Content-Type': 'application/json' }) })),
);

export const randomRegistry = (): fc.Arbitrary<RandomRegistry> =>
  fc.record({
    tags: fc.uniqueArray(fc.record({ repository: repositories, tag: tags, content }), {
      selector: ({ repository, tag }) => `${repository}:${tag}`,
      maxLength: 12,
    }),
    corruptions: fc.array(
      fc.tuple(paths, faults).map(([path, fault]) => ({ path, ...fault })),
      { maxLength: 2 },
    ),
  });

/** Pushes the contents to a registry and installs the faults, three responses each. */
export function fill(registry: RegistryServer, { tags: tagged, corruptions }: RandomRegistry): void {
  for (const { repository, tag, content: pushed } of tagged) registry.push(repository, tag, pushed);
  for (const { path, fault } of corruptions) registry.fault({ path, times: 3 }, fault);
}
