import { describe, expect, test } from 'vitest';
import { type Content, renderRepository, repositoryName, repositoryNumber } from '../../../bench/registry/content.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseImageConfig } from '../../../src/oci/image-config.ts';
import { parseManifest } from '../../../src/oci/manifest.ts';

const shape = { tags: 1_000, tagsPerRepository: 50, night: 0 };
const repositories = Array.from({ length: 20 }, (_, number) => renderRepository(number, shape));

describe('the synthetic registry', () => {
  test('numbers can be read back from names, and from no other names', () => {
    for (const number of [0, 7, 123_456, 9_999_999]) expect(repositoryNumber(repositoryName(number))).toBe(number);
    expect(repositoryNumber('team-01/service-1')).toBeUndefined();
  });

  test('generates the same content every time', () => {
    expect([...renderRepository(3, shape).manifests.keys()]).toEqual([...(repositories[3]?.manifests.keys() ?? [])]);
  });

  test('has real digests, and everything that its manifests reference', () => {
    for (const { manifests, blobs } of repositories) {
      for (const { digest, body } of [...manifests.values(), ...blobs.values()]) expect(digestOf(body)).toBe(digest);
      for (const { body, mediaType } of manifests.values()) {
        const manifest = parseManifest(body, mediaType);
        if (manifest.form === 'index') {
          expect(manifest.manifests.every(({ digest, size }) => manifests.get(digest)?.body.length === size)).toBe(
            true,
          );
        } else if (manifest.form === 'manifest') {
          expect(blobs.get(manifest.config.digest)?.body.length).toBe(manifest.config.size);
        }
      }
    }
  });

  test('has a layer for each diff ID and for each history entry that makes one', () => {
    const images = repositories.flatMap(({ manifests, blobs }) =>
      [...manifests.values()].flatMap(({ body, mediaType }) => {
        const manifest = parseManifest(body, mediaType);
        if (manifest.form !== 'manifest') return [];
        const config = parseImageConfig(blobs.get(manifest.config.digest)?.body ?? '{}');
        return config.os === 'linux' ? [{ manifest, config }] : [];
      }),
    );
    expect(images.length).toBeGreaterThan(400);
    for (const { manifest, config } of images) {
      expect(config.diffIds).toHaveLength(manifest.layers.length);
      expect(config.history.filter(({ emptyLayer }) => !emptyLayer)).toHaveLength(manifest.layers.length);
    }
  });

  test('keeps its proportions: 2.5 tags per image, a fifth of them indexes', () => {
    const tags = repositories.flatMap((repository) => [...repository.tags.values()]);
    const images = new Map(tags.map((content) => [content.digest, content]));
    expect(tags).toHaveLength(1_000);
    expect(images.size).toBe(400);
    expect([...images.values()].filter(isIndex)).toHaveLength(80);
  });

  test('moves one tag of fifty in a night', () => {
    const after = repositories.map((_, number) => renderRepository(number, { ...shape, night: 1 }));
    const moved = after.flatMap(({ tags }, number) =>
      [...tags].filter(([tag, { digest }]) => repositories[number]?.tags.get(tag)?.digest !== digest),
    );
    expect(moved).toHaveLength(20);
  });
});

function isIndex({ mediaType }: Content): boolean {
  return /index|list/.test(mediaType);
}
