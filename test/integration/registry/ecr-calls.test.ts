import { describe, expect, test } from 'vitest';
import { parseManifest } from '../../../src/oci/manifest.ts';
import { estimateEcrCalls } from '../../../src/registry/ecr/cost.ts';
import type { Registry } from '../../../src/registry/registry.ts';
import { collect, digestsOf, useEcr } from '../../support/ecr.ts';
import type { FakeEcr } from '../../support/fake-ecr.ts';
import { image, index } from '../../support/image-builder.ts';

const ecr = useEcr();

/** Lists everything, and reads what was never read: the manifests in batches, each config once. */
async function audit(registry: Registry, known: Set<string>): Promise<void> {
  for (const repository of await collect(registry.listRepositories({}))) {
    const digests = digestsOf(await collect(registry.listManifests(repository, {}))).filter(
      (digest) => !known.has(digest),
    );
    for (const manifest of (await registry.readManifests(repository, digests, {})).values()) {
      if (manifest instanceof Error) throw manifest;
      known.add(manifest.digest);
      const parsed = parseManifest(manifest.body, manifest.mediaType);
      if (parsed.form !== 'manifest' || known.has(parsed.config.digest)) continue;
      known.add(parsed.config.digest);
      await registry.readBlob(repository, parsed.config, { maxBytes: 4_000_000 });
    }
  }
}

function fill(fake: FakeEcr, repository: string, images: number): void {
  for (let at = 0; at < images; at += 1) {
    // Every second image has the config of the one before it.
    const config = { Labels: { pair: `${repository}-${Math.floor(at / 2)}` } };
    fake.push(repository, image({ config, annotations: { at: String(at) } }), { tags: [`t${at}`] });
  }
}

describe('the calls of an audit', () => {
  test('are as few as the API allows, and only list calls when nothing is new', async () => {
    const fake = await ecr.start();
    fill(fake, 'large', 1_001);
    fill(fake, 'small', 4);
    fake.createRepository('empty');
    const registry = await ecr.open(fake);
    const known = new Set<string>();
    await audit(registry, known);
    const lists = { DescribeRepositories: 1, DescribeImages: 2 + 1 + 1, ListTagsForResource: 3 };
    const configs = 501 + 2;
    const reads = { BatchGetImage: 11 + 1, GetDownloadUrlForLayer: configs, GetBlob: configs };
    expect(fake.callCounts()).toEqual({ ...lists, ...reads });

    fake.forgetCalls();
    await audit(registry, known);
    expect(fake.callCounts()).toEqual(lists);

    fake.forgetCalls();
    fill(fake, 'small', 5);
    await audit(registry, known);
    expect(fake.callCounts()).toEqual({ ...lists, BatchGetImage: 1, GetDownloadUrlForLayer: 1, GetBlob: 1 });
  });

  test('are those of the plan', async () => {
    const fake = await ecr.start();
    fill(fake, 'api', 120);
    fake.push('web', index([image({ layers: ['x'] }), image({ layers: ['y'] })]), { tags: ['1'] });
    const registry = await ecr.open(fake);
    await audit(registry, new Set());
    await registry.dedupScope?.({});
    const requests = estimateEcrCalls({
      listed: 2,
      repositories: [
        { images: 120, newManifests: 120 },
        { images: 3, newManifests: 3 },
      ],
      newBlobs: 62,
      isChanged: true,
    });
    const sent = Object.fromEntries(Object.entries(requests).filter(([, count]) => count > 0));
    expect(sent).toEqual(fake.callCounts());
  });

  test('each acquire a slot of the governor, for their own host', async () => {
    const fake = await ecr.start();
    fill(fake, 'api', 2);
    const asked: string[] = [];
    let open = 0;
    const registry = await ecr.open(fake, {
      governor: {
        async acquire(host) {
          asked.push(host);
          open += 1;
          return () => {
            open -= 1;
          };
        },
      },
    });
    await audit(registry, new Set());
    const api = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    expect(asked).toEqual([api, api, api, api, api, fake.blobHost]);
    expect(open).toBe(0);
  });
});

describe('the scope in which ECR shares blobs', () => {
  test.each([
    [true, 'registry'],
    [false, 'repository'],
  ])('is, with blob mounting %s, the %s', async (blobMounting, scope) => {
    const registry = await ecr.open(await ecr.start({ blobMounting }));
    expect(await registry.dedupScope?.({})).toBe(scope);
  });

  test.each(['AccessDeniedException', 'UnknownOperationException', 'ExpiredTokenException'])(
    'is unknown with %s, and that is a note',
    async (name) => {
      const fake = await ecr.start({ blobMounting: true });
      fake.fail({ operation: 'GetAccountSetting' }, { name });
      const notes: string[] = [];
      const registry = await ecr.open(fake, { onNote: (note) => notes.push(note) });
      expect(await registry.dedupScope?.({})).toBeUndefined();
      expect(notes).toEqual([expect.stringContaining('ecr:GetAccountSetting')]);
    },
  );
});
