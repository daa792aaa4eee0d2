import { describe, expect, test } from 'vitest';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { collect } from '../../support/collect.ts';
import { useEcr } from '../../support/ecr.ts';
import { image } from '../../support/image-builder.ts';

const ecr = useEcr();

describe('the calls to ECR', () => {
  test('each acquire a slot of the governor, for their own host', async () => {
    const fake = await ecr.start();
    const api = image();
    fake.push('api', api, { tags: ['1'] });
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
    const config = { ...api.config, mediaType: MEDIA_TYPE.ociConfig, size: api.config.body.length, annotations: {} };
    for (const repository of await collect(registry.listRepositories({}))) {
      await collect(registry.listManifests(repository, {}));
      await registry.readManifests(repository, [api.digest], {});
      await registry.readBlob(repository, config, { maxBytes: 4_000_000 });
    }
    const host = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
    expect(asked).toEqual([host, host, host, host, host, fake.blobHost]);
    expect(open).toBe(0);
  });
});

test.each(['AccessDeniedException', 'UnknownOperationException', 'ExpiredTokenException'])(
  'the scope in which ECR shares blobs is unknown with %s, and that is a note',
  async (name) => {
    const fake = await ecr.start({ blobMounting: true });
    fake.fail({ operation: 'GetAccountSetting' }, { name });
    const notes: string[] = [];
    const registry = await ecr.open(fake, { onNote: (note) => notes.push(note) });
    expect(await registry.dedupScope?.({})).toBeUndefined();
    expect(notes).toEqual([expect.stringContaining('ecr:GetAccountSetting')]);
  },
);
