import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import {
  AccessDeniedError,
  ContentMismatchError,
  NotFoundError,
  RateLimitedError,
  TooLargeError,
} from '../../../src/errors.ts';
import type { Descriptor } from '../../../src/oci/descriptor.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { ecrRepository, useEcr } from '../../support/ecr.ts';
import { FAKE_SIGNATURE } from '../../support/fake-ecr-blobs.ts';
import { type BuiltImage, image } from '../../support/image-builder.ts';

const ecr = useEcr();
const API = ecrRepository('api');
const MAX = { maxBytes: 1_000_000 };

function configOf({ config }: BuiltImage): Descriptor {
  return { mediaType: MEDIA_TYPE.ociConfig, digest: config.digest, size: config.body.length, annotations: {} };
}

async function startWithImage() {
  const fake = await ecr.start();
  const app = image();
  fake.push('api', app, { tags: ['1'] });
  return { fake, app, config: configOf(app), registry: await ecr.open(fake) };
}

describe('a blob', () => {
  test('is read from a presigned URL, without an Authorization header', async () => {
    const { fake, app, config, registry } = await startWithImage();
    expect(Buffer.from(await registry.readBlob(API, config, MAX))).toEqual(app.config.body);
    expect(fake.callCounts()).toEqual({ GetDownloadUrlForLayer: 1, GetBlob: 1 });
    expect(fake.blobRequests.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['GET', undefined],
    ]);
  });

  test('is opened as a stream', async () => {
    const { app, config, registry } = await startWithImage();
    expect(await buffer(await registry.openBlob(API, config, {}))).toEqual(app.config.body);
  });

  test('over the limit is not fetched', async () => {
    const { fake, config, registry } = await startWithImage();
    await expect(registry.readBlob(API, config, { maxBytes: config.size - 1 })).rejects.toThrow(TooLargeError);
    expect(fake.callCounts()).toEqual({});
  });

  test('with more bytes than its descriptor says is cut off', async () => {
    const { config, registry } = await startWithImage();
    await expect(registry.readBlob(API, { ...config, size: config.size - 1 }, MAX)).rejects.toThrow(TooLargeError);
  });

  test('with fewer bytes than its descriptor says is refused, as by any registry', async () => {
    const { config, registry } = await startWithImage();
    await expect(registry.readBlob(API, { ...config, size: config.size + 1 }, MAX)).rejects.toThrow(
      ContentMismatchError,
    );
  });

  test('with other bytes than its digest says is refused', async () => {
    const { fake, config, registry } = await startWithImage();
    fake.repository('api').blobs.set(config.digest, Buffer.alloc(config.size));
    await expect(registry.readBlob(API, config, MAX)).rejects.toThrow(ContentMismatchError);
  });

  test('that ECR does not know is not found', async () => {
    const { config, registry } = await startWithImage();
    const lost = { ...config, digest: digestOf('lost') };
    await expect(registry.readBlob(API, lost, MAX)).rejects.toThrow(NotFoundError);
  });

  test('needs a permission, which the error names', async () => {
    const { fake, config, registry } = await startWithImage();
    fake.fail({ operation: 'GetDownloadUrlForLayer' }, { name: 'AccessDeniedException' });
    await expect(registry.readBlob(API, config, MAX)).rejects.toThrow(
      'ecr:GetDownloadUrlForLayer on arn:aws:ecr:eu-west-1:123456789012:repository/api is not allowed',
    );
  });

  test('whose URL expired while waiting is fetched by a new URL', async () => {
    const fake = await ecr.start();
    const app = image();
    fake.push('api', app);
    let waits = 0;
    const registry = await ecr.open(fake, {
      governor: {
        async acquire(host) {
          if (host === fake.blobHost && waits++ === 0) fake.expireBlobUrls();
          return () => undefined;
        },
      },
    });
    expect(Buffer.from(await registry.readBlob(API, configOf(app), MAX))).toEqual(app.config.body);
    expect(fake.callCounts()).toEqual({ GetDownloadUrlForLayer: 2, GetBlob: 2 });
  });

  test('whose URL is refused twice is an error', async () => {
    const fake = await ecr.start();
    const app = image();
    fake.push('api', app);
    const registry = await ecr.open(fake, {
      governor: {
        async acquire(host) {
          if (host === fake.blobHost) fake.expireBlobUrls();
          return () => undefined;
        },
      },
    });
    await expect(registry.readBlob(API, configOf(app), MAX)).rejects.toThrow(AccessDeniedError);
    expect(fake.callCounts()).toEqual({ GetDownloadUrlForLayer: 2, GetBlob: 2 });
  });

  test('is retried while S3 asks to slow down, and the governor is informed', async () => {
    const fake = await ecr.start();
    const app = image();
    fake.push('api', app);
    fake.slowDownBlobs(3);
    const outcomes: string[] = [];
    const registry = await ecr.open(fake, {
      governor: {
        acquire: async (host) => (outcome) => {
          if (host === fake.blobHost) outcomes.push(outcome.kind);
        },
      },
    });
    expect(Buffer.from(await registry.readBlob(API, configOf(app), MAX))).toEqual(app.config.body);
    expect(outcomes).toEqual(['throttled', 'throttled', 'throttled', 'answered']);
  });

  test('that S3 keeps throttling is postponed', async () => {
    const { fake, config, registry } = await startWithImage();
    fake.slowDownBlobs(1_000);
    await expect(registry.readBlob(API, config, MAX)).rejects.toThrow(RateLimitedError);
  });

  test.each([
    ['an expired URL', 403],
    ['SlowDown', 503],
    ['a lost object', 404],
    ['a host that is away', 0],
  ])('%s shows no signature in any error', async (_what, status) => {
    const { fake, config, registry } = await startWithImage();
    if (status === 503) fake.slowDownBlobs(1_000);
    const path = status === 403 ? '/?epoch=-1&' : '/lost?epoch=0&';
    const origin = status === 0 ? 'http://127.0.0.1:1' : `http://${fake.blobHost}`;
    fake.answer('GetDownloadUrlForLayer', { downloadUrl: `${origin}${path}X-Amz-Signature=${FAKE_SIGNATURE}` });
    const error = await registry.readBlob(API, config, MAX).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(everythingIn(error)).not.toContain(FAKE_SIGNATURE);
  });

  test.each(['', 'file:///etc/passwd', 'https://'])('is not read from "%s"', async (downloadUrl) => {
    const { fake, config, registry } = await startWithImage();
    fake.answer('GetDownloadUrlForLayer', { downloadUrl });
    await expect(registry.readBlob(API, config, MAX)).rejects.toMatchObject({ code: 'malformed-content' });
  });
});

/** All that a log could print of an error: its message, stack, fields and causes. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const own = Object.getOwnPropertyNames(error).map((name) => String(Reflect.get(error, name)));
  return [...own, JSON.stringify(error), everythingIn(error.cause)].join('\n');
}
