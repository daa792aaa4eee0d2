import { describe, expect, test } from 'vitest';
import {
  AccessDeniedError,
  AuthenticationError,
  ContentMismatchError,
  InvalidReferenceError,
  MalformedContentError,
  NotFoundError,
  RateLimitedError,
  RegistryUnavailableError,
  UnsupportedContentError,
} from '../../../src/errors.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { digestedContent } from '../../../src/oci/manifest.ts';
import { parseTag } from '../../../src/oci/reference.ts';
import { ecrRepository, useEcr } from '../../support/ecr.ts';
import type { FakeEcr } from '../../support/fake-ecr.ts';
import { image, index, rawManifest, schema1 } from '../../support/image-builder.ts';

const ecr = useEcr();
const API = ecrRepository('api');
const LOST = digestOf('never pushed');

describe('manifests', () => {
  test('are read with their bytes and types, whatever their kind', async () => {
    const fake = await ecr.start();
    const contents = [image(), index([image({ layers: ['ä'] })]), schema1('api'), image({ dialect: 'docker' })];
    for (const content of contents) fake.push('api', content);
    const registry = await ecr.open(fake);
    const digests = contents.map(({ digest }) => digest);
    const manifests = await registry.readManifests(API, digests, {});
    expect([...manifests.values()]).toEqual(
      contents.map(({ digest, mediaType, body }) => ({ digest, mediaType, body: digestedContent(body, mediaType) })),
    );
    expect(fake.callCounts()).toEqual({ BatchGetImage: 1 });
  });

  test('are requested by digest in batches of a hundred, each digest once, with every type accepted', async () => {
    const fake = await ecr.start();
    const images = Array.from({ length: 201 }, (_, at) => image({ layers: [`l${at}`] }));
    const digests = images.map((content) => fake.push('api', content));
    const registry = await ecr.open(fake);
    const manifests = await registry.readManifests(API, [...digests, ...digests], {});
    expect([...manifests.keys()]).toEqual(digests);
    const inputs = fake.calls.map(({ input }) => input as { imageIds: object[]; acceptedMediaTypes: string[] });
    expect(inputs.map(({ imageIds }) => imageIds.length).sort()).toEqual([1, 100, 100]);
    expect(
      inputs
        .flatMap(({ imageIds }) => imageIds.map((id) => Object.keys(id).join()))
        .every((key) => key === 'imageDigest'),
    ).toBe(true);
    expect(inputs[0]?.acceptedMediaTypes).toHaveLength(6);
  });

  test('that fail do not affect others', async () => {
    const fake = await ecr.start();
    const good = image();
    const cold = image({ layers: ['cold'] });
    fake.push('api', good);
    fake.push('api', cold, { status: 'ARCHIVED' });
    const registry = await ecr.open(fake);
    const manifests = await registry.readManifests(API, [LOST, good.digest, cold.digest], {});
    expect(manifests.get(LOST)).toBeInstanceOf(NotFoundError);
    expect(manifests.get(good.digest)).toMatchObject({ digest: good.digest });
    expect(manifests.get(cold.digest)).toBeInstanceOf(UnsupportedContentError);
  });

  test.each([
    ['ImageNotFound', NotFoundError],
    ['ImageTagDoesNotMatchDigest', NotFoundError],
    ['InvalidImageDigest', InvalidReferenceError],
    ['ImageInaccessible', UnsupportedContentError],
    ['KmsError', AccessDeniedError],
    ['UpstreamAccessDenied', AccessDeniedError],
    ['UpstreamTooManyRequests', RegistryUnavailableError],
    ['UpstreamUnavailable', RegistryUnavailableError],
    ['SomethingNew', RegistryUnavailableError],
  ])('%s in failures[] is %o', async (failureCode, expected) => {
    const fake = await startWithAnswer({
      images: [],
      failures: [{ imageId: { imageDigest: LOST }, failureCode, failureReason: 'because' }],
    });
    const registry = await ecr.open(fake);
    const manifest = (await registry.readManifests(API, [LOST], {})).get(LOST);
    expect(manifest).toBeInstanceOf(expected);
    expect((manifest as Error).message).toContain(LOST);
  });

  test('that ECR omits from a response are requested again, and nothing else is', async () => {
    const fake = await ecr.start({ imagesPerAnswer: 2 });
    const digests = ['a', 'b', 'c', 'd', 'e'].map((layer) => fake.push('api', image({ layers: [layer] })));
    const registry = await ecr.open(fake);
    const manifests = await registry.readManifests(API, [...digests, LOST], {});
    expect(digests.map((digest) => manifests.get(digest))).toEqual(
      digests.map((digest) => expect.objectContaining({ digest })),
    );
    expect(manifests.get(LOST)).toBeInstanceOf(NotFoundError);
    expect(fake.calls.map(({ input }) => Object(input.imageIds).length)).toEqual([6, 3, 1]);
  });

  test('that ECR always omits are errors', async () => {
    const fake = await startWithAnswer({});
    const registry = await ecr.open(fake);
    expect((await registry.readManifests(API, [LOST], {})).get(LOST)).toBeInstanceOf(RegistryUnavailableError);
  });

  test('whose bytes do not match the digest are refused', async () => {
    const fake = await startWithAnswer({
      images: [{ imageId: { imageDigest: LOST }, imageManifest: '{"schemaVersion":2}' }],
    });
    const registry = await ecr.open(fake);
    expect((await registry.readManifests(API, [LOST], {})).get(LOST)).toBeInstanceOf(ContentMismatchError);
  });

  test('without a type in the response have the one in their body', async () => {
    const app = image();
    const fake = await startWithAnswer({
      images: [{ imageId: { imageDigest: app.digest }, imageManifest: app.body.toString() }],
    });
    const registry = await ecr.open(fake);
    expect((await registry.readManifests(API, [app.digest], {})).get(app.digest)).toMatchObject({
      mediaType: app.mediaType,
    });
  });

  test('that are no JSON and have no type are malformed', async () => {
    const junk = rawManifest('', 'not JSON');
    const fake = await startWithAnswer({
      images: [{ imageId: { imageDigest: junk.digest }, imageManifest: 'not JSON' }],
    });
    const registry = await ecr.open(fake);
    expect((await registry.readManifests(API, [junk.digest], {})).get(junk.digest)).toBeInstanceOf(
      MalformedContentError,
    );
  });

  test('of a repository that denies access are each an error that names the action', async () => {
    const fake = await ecr.start();
    const app = image();
    fake.push('api', app);
    fake.fail({ operation: 'BatchGetImage' }, { name: 'AccessDeniedException', message: 'no' });
    const registry = await ecr.open(fake);
    const manifests = await registry.readManifests(API, [app.digest, LOST], {});
    expect([...manifests.values()].map(String)).toEqual(
      Array(2).fill(
        expect.stringContaining(
          'ecr:BatchGetImage on arn:aws:ecr:eu-west-1:123456789012:repository/api is not allowed',
        ),
      ),
    );
  });

  test('wait together when ECR asks to slow down, and none fails by a rate limit', async () => {
    const fake = await ecr.start();
    fake.createRepository('api');
    fake.fail({ operation: 'BatchGetImage' }, { name: 'ThrottlingException' });
    const registry = await ecr.open(fake);
    await expect(registry.readManifests(API, [LOST], {})).rejects.toThrow(RateLimitedError);
  });

  test('are no longer read when AWS refuses the credentials', async () => {
    const fake = await ecr.start();
    fake.fail(
      { operation: 'BatchGetImage' },
      { name: 'UnrecognizedClientException', message: 'The security token is invalid' },
    );
    const registry = await ecr.open(fake);
    await expect(registry.readManifests(API, [LOST], {})).rejects.toThrow(AuthenticationError);
  });
});

describe('a tag', () => {
  test('is resolved without a pull, and is unchanged while it names the same digest', async () => {
    const fake = await ecr.start();
    const app = image();
    fake.push('api', app, { tags: ['1'], status: 'ACTIVE' });
    const registry = await ecr.open(fake);
    expect(await registry.readTag(API, parseTag('1'), app.digest, {})).toBe(app.digest);
    expect(fake.callCounts()).toEqual({ DescribeImages: 1 });
    expect(fake.repository('api').images.get(app.digest)?.pulledAt).toBeUndefined();
    expect(await registry.readTag(API, parseTag('1'), undefined, {})).toMatchObject({
      digest: app.digest,
      body: app.body,
    });
    expect(
      fake.calls.filter(({ operation }) => operation === 'BatchGetImage').map(({ input }) => input.imageIds),
    ).toEqual([[{ imageDigest: app.digest }]]);
  });

  test('that no longer exists is not found', async () => {
    const fake = await ecr.start();
    fake.createRepository('api');
    const registry = await ecr.open(fake);
    await expect(registry.readTag(API, parseTag('1'), undefined, {})).rejects.toThrow(NotFoundError);
  });
});

async function startWithAnswer(answer: object): Promise<FakeEcr> {
  const fake = await ecr.start();
  fake.answer('BatchGetImage', answer);
  return fake;
}
