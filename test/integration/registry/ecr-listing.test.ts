import { describe, expect, test } from 'vitest';
import {
  AuthenticationError,
  InvalidReferenceError,
  MalformedContentError,
  type SlimboardError,
} from '../../../src/errors.ts';
import { collect } from '../../support/collect.ts';
import { ecrRepository, useEcr } from '../../support/ecr.ts';
import { artifact, image, index } from '../../support/image-builder.ts';

const ecr = useEcr();
const HOST = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';

describe('repositories', () => {
  test('are listed page by page, with their host and owner', async () => {
    const fake = await ecr.start({ pageSize: 2 });
    fake.createRepository('shop/api', { team: ' payments ', stage: 'prod' });
    fake.createRepository('shop/web', { stage: 'prod' });
    fake.createRepository('tools', { team: 'platform' });
    const registry = await ecr.open(fake);
    expect(await collect(registry.listRepositories({}))).toEqual([
      { name: 'shop/api', registry: HOST, team: 'payments' },
      { name: 'shop/web', registry: HOST },
      { name: 'tools', registry: HOST, team: 'platform' },
    ]);
    expect(fake.callCounts()).toEqual({ DescribeRepositories: 2, ListTagsForResource: 3 });
  });

  test('take their owner from the tag that the settings name', async () => {
    const fake = await ecr.start();
    fake.createRepository('api', { team: 'no', Owner: 'yes' });
    const registry = await ecr.open(fake, { teamKey: 'Owner' });
    expect(await collect(registry.listRepositories({}))).toMatchObject([{ name: 'api', team: 'yes' }]);
  });

  test('without an account are those of the caller, with its host', async () => {
    const fake = await ecr.start({ account: '999988887777' });
    fake.createRepository('api');
    const registry = await ecr.openWithout(fake, 'account');
    expect(await collect(registry.listRepositories({}))).toEqual([
      { name: 'api', registry: '999988887777.dkr.ecr.eu-west-1.amazonaws.com' },
    ]);
    expect(fake.calls[0]?.input).not.toHaveProperty('registryId');
  });

  test('get their account from the ARN if the response has no registry ID', async () => {
    const fake = await ecr.start();
    fake.answer('DescribeRepositories', {
      repositories: [
        { repositoryName: 'api', repositoryArn: 'arn:aws:ecr:eu-west-1:123456789012:repository/api' },
        { repositoryName: 'Not/Allowed', repositoryArn: 'arn:aws:ecr:eu-west-1:123456789012:repository/Not/Allowed' },
      ],
    });
    fake.answer('ListTagsForResource', {});
    const told: string[] = [];
    const registry = await ecr.openWithout(fake, 'account');
    const listing = registry.listRepositories({ onInvalid: (name) => told.push(name) });
    expect(await collect(listing)).toEqual([{ name: 'api', registry: HOST }]);
    expect(told).toEqual(['Not/Allowed']);
  });

  test('get their account from the URI if the response has nothing else', async () => {
    const fake = await ecr.start();
    fake.answer('DescribeRepositories', {
      repositories: [{ repositoryName: 'odd' }, { repositoryName: 'api', repositoryUri: `${HOST}/api` }],
    });
    const registry = await ecr.openWithout(fake, 'account');
    expect(await collect(registry.listRepositories({}))).toEqual([
      { name: 'odd', registry: HOST },
      { name: 'api', registry: HOST },
    ]);
  });

  test('with one signal cause no leak warning of Node.js', async () => {
    const fake = await ecr.start();
    for (let at = 0; at < 40; at += 1) fake.createRepository(`app${at}`);
    const warnings: string[] = [];
    const onWarning = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', onWarning);
    const registry = await ecr.open(fake);
    await collect(registry.listRepositories({ signal: new AbortController().signal }));
    await new Promise(setImmediate);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  test('of several regions have the host of their region', async () => {
    const fake = await ecr.start();
    fake.createRepository('api');
    fake.createRepository('api', {}, 'cn-north-1');
    const registry = await ecr.open(fake, { regions: ['eu-west-1', 'cn-north-1'] });
    expect(await collect(registry.listRepositories({}))).toEqual([
      { name: 'api', registry: HOST },
      { name: 'api', registry: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn' },
    ]);
  });

  describe('of several regions', () => {
    const REGIONS = ['eu-west-1', 'ap-east-1', 'us-east-1'];

    /** What is listed, and how it ends. */
    async function list(failing: Readonly<Record<string, string>>) {
      const fake = await ecr.start();
      for (const region of REGIONS) fake.createRepository(`in-${region}`, {}, region);
      for (const [region, name] of Object.entries(failing))
        fake.fail({ operation: 'DescribeRepositories', region }, { name });
      const registry = await ecr.open(fake, { regions: REGIONS });
      const names: string[] = [];
      const listing = async (): Promise<void> => {
        for await (const page of registry.listRepositories({})) names.push(...page.map(({ name }) => name));
      };
      return { error: await listing().catch((thrown: SlimboardError) => thrown), names };
    }

    test('are listed although one refuses, which is an error that names it at the end', async () => {
      const { error, names } = await list({ 'eu-west-1': 'AccessDeniedException' });
      expect(names).toEqual(['in-ap-east-1', 'in-us-east-1']);
      expect(error).toMatchObject({
        code: 'access-denied',
        message: expect.stringMatching(/^eu-west-1: .*not allowed/),
      });
    });

    test('are listed although one is not enabled for the account, and refuses its credentials', async () => {
      const { error, names } = await list({ 'ap-east-1': 'UnrecognizedClientException' });
      expect(names).toEqual(['in-eu-west-1', 'in-us-east-1']);
      expect(error).toMatchObject({
        code: 'authentication',
        message: expect.stringMatching(/^ap-east-1: .*enable this region for the account/),
      });
    });

    test('fail with one error for all, which is retried if any of them may be', async () => {
      const { error, names } = await list({ 'eu-west-1': 'AccessDeniedException', 'us-east-1': 'ThrottlingException' });
      expect(names).toEqual(['in-ap-east-1']);
      expect(error).toMatchObject({
        code: 'rate-limited',
        retry: { kind: 'after' },
        message: expect.stringMatching(/^eu-west-1: .*; us-east-1: /),
      });
    });

    test('that all refuse the credentials cause a single error', async () => {
      const { error } = await list(
        Object.fromEntries(REGIONS.map((region) => [region, 'UnrecognizedClientException'])),
      );
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(error?.message.match(/AWS refused the credentials/g)).toHaveLength(1);
    });
  });

  test('have no owner if tags must not be read, which is a note', async () => {
    const fake = await ecr.start();
    for (let at = 0; at < 100; at += 1) fake.createRepository(`app${at}`, { team: 'unseen' });
    fake.fail({ operation: 'ListTagsForResource' }, { name: 'AccessDeniedException', message: 'not authorized' });
    const notes: string[] = [];
    const registry = await ecr.open(fake, { onNote: (note) => notes.push(note) });
    const repositories = await collect(registry.listRepositories({}));
    expect(repositories).toHaveLength(100);
    expect(repositories.filter(({ team }) => team)).toEqual([]);
    expect(notes).toEqual([
      expect.stringContaining('ecr:ListTagsForResource on arn:aws:ecr:eu-west-1:123456789012:repository/app'),
    ]);
    // Those that were under way at the 50th refusal come to their end.
    const asked = fake.callCounts().ListTagsForResource;
    expect(asked).toBeGreaterThanOrEqual(50);
    expect(asked).toBeLessThan(50 + 16);
  });

  test.each([
    ['UnknownOperationException', 400],
    ['InternalFailure', 501],
  ])('have no owner if an emulator of ECR does not support tags (%s, HTTP %d)', async (name, status) => {
    const fake = await ecr.start();
    fake.createRepository('app', { team: 'unseen' });
    fake.fail({ operation: 'ListTagsForResource' }, { name, status });
    const registry = await ecr.open(fake);
    expect(await collect(registry.listRepositories({}))).toEqual([{ name: 'app', registry: HOST }]);
    expect(fake.callCounts().ListTagsForResource).toBe(1);
  });

  test('that are not audited cause no look-up of their owner', async () => {
    const fake = await ecr.start();
    for (const name of ['shop/api', 'sandbox/a', 'sandbox/b']) fake.createRepository(name, { team: 'payments' });
    const registry = await ecr.open(fake);
    const selects = (name: string): boolean => name.startsWith('shop/');
    expect(await collect(registry.listRepositories({ selects }))).toEqual([
      { name: 'shop/api', registry: HOST, team: 'payments' },
      { name: 'sandbox/a', registry: HOST },
      { name: 'sandbox/b', registry: HOST },
    ]);
    expect(fake.callCounts()).toEqual({ DescribeRepositories: 1, ListTagsForResource: 1 });
  });

  test('may disappear before their tags are read', async () => {
    const fake = await ecr.start();
    fake.createRepository('api');
    fake.fail({ operation: 'ListTagsForResource' }, { name: 'RepositoryNotFoundException' });
    const registry = await ecr.open(fake);
    expect(await collect(registry.listRepositories({}))).toEqual([{ name: 'api', registry: HOST }]);
  });
});

describe('images', () => {
  test('have an entry for each tag, and one if untagged or archived', async () => {
    const fake = await ecr.start();
    const app = image({ layers: ['a'] });
    const old = image({ layers: ['old'] });
    const dangling = image({ layers: ['dangling'] });
    fake.push('api', app, { tags: ['1.2', 'latest'], pushedAt: 1_767_225_600.25, pulledAt: 1_768_860_000 });
    fake.push('api', old, { tags: ['0.1'], status: 'ARCHIVED' });
    fake.push('api', dangling);
    const registry = await ecr.open(fake);
    const entries = await collect(registry.listManifests(ecrRepository('api'), {}));
    const common = {
      digest: app.digest,
      mediaType: app.mediaType,
      artifactType: 'application/vnd.oci.image.config.v1+json',
      pushedAt: '2026-01-01T00:00:00.250Z',
      pulledAt: '2026-01-19T22:00:00.000Z',
      reportedBytes: app.config.body.length + (app.layers[0]?.body.length ?? 0),
    };
    expect(entries.slice(0, 2)).toEqual([
      { ...common, tag: '1.2' },
      { ...common, tag: 'latest' },
    ]);
    expect(entries[2]).toMatchObject({ tag: '0.1', digest: old.digest, archived: true });
    expect(entries[3]).toMatchObject({ digest: dangling.digest });
    expect(entries[3]).not.toHaveProperty('tag');
    expect(entries[3]?.pulledAt).toBeUndefined();
    expect(entries).toHaveLength(4);
  });

  test.each([
    ['never', undefined, '2026-02-01'],
    ['before', '2026-01-01', '2026-02-01'],
    ['after', '2026-03-01', '2026-03-01'],
  ])('that were restored from the archive count as pulled then, if pulled %s', async (_, pulled, used) => {
    const secondsOf = (date: string) => Date.parse(date) / 1000;
    const fake = await ecr.start();
    fake.push('api', image(), {
      tags: ['1'],
      ...(pulled ? { pulledAt: secondsOf(pulled) } : {}),
      restoredAt: secondsOf('2026-02-01'),
    });
    const registry = await ecr.open(fake);
    const [entry] = await collect(registry.listManifests(ecrRepository('api'), {}));
    expect(entry?.pulledAt).toBe(`${used}T00:00:00.000Z`);
  });

  test('that are being restored are not readable yet', async () => {
    const fake = await ecr.start();
    fake.push('api', image(), { tags: ['1'], status: 'ACTIVATING' });
    const registry = await ecr.open(fake);
    expect(await collect(registry.listManifests(ecrRepository('api'), {}))).toMatchObject([{ archived: true }]);
  });

  test('of an index are untagged entries next to it, and referrers have their subject', async () => {
    const fake = await ecr.start();
    const app = image();
    const multi = index([app]);
    const signature = artifact({
      configType: 'application/vnd.oci.empty.v1+json',
      layerType: 'text/plain',
      artifactType: 'application/vnd.example.signature',
      subject: multi,
    });
    fake.push('api', multi, { tags: ['1'] });
    fake.push('api', signature, { subject: multi.digest });
    const registry = await ecr.open(fake);
    const entries = await collect(registry.listManifests(ecrRepository('api'), {}));
    expect(entries.map(({ tag, digest }) => [tag, digest])).toEqual([
      [undefined, app.digest],
      ['1', multi.digest],
      [undefined, signature.digest],
    ]);
    expect(entries[1]?.reportedBytes).toBeUndefined();
    expect(entries[2]).toMatchObject({ subject: multi.digest, artifactType: 'application/vnd.example.signature' });
  });

  test('with only invalid tags are errors, and do not count as untagged', async () => {
    const fake = await ecr.start();
    const app = image();
    const long = 'x'.repeat(200);
    const other = image({ layers: ['other'] });
    fake.push('api', app, { tags: [long] });
    fake.push('api', other, { tags: [long.toUpperCase(), '1'] });
    const registry = await ecr.open(fake);
    const told: string[] = [];
    const listing = registry.listManifests(ecrRepository('api'), { onInvalid: (name) => told.push(name) });
    expect(await collect(listing)).toEqual([expect.objectContaining({ digest: other.digest, tag: '1' })]);
    expect(told).toEqual([long, long.toUpperCase()]);
    await expect(collect(registry.listManifests(ecrRepository('api'), {}))).rejects.toThrow(InvalidReferenceError);
  });

  test('with an invalid digest are errors, and hide no others', async () => {
    const fake = await ecr.start();
    const app = image();
    fake.answer('DescribeImages', {
      imageDetails: [
        { imageDigest: 'sha256:short', imageTags: ['odd', 'odder'] },
        { imageDigest: app.digest, imageTags: ['1'] },
        { imageDigest: 'none' },
        {},
      ],
    });
    const registry = await ecr.open(fake);
    const told: string[] = [];
    const onInvalid = (name: string, { code }: SlimboardError) => told.push(`${name}: ${code}`);
    const entries = await collect(registry.listManifests(ecrRepository('api'), { onInvalid }));
    expect(entries).toEqual([{ digest: app.digest, tag: '1' }]);
    const names = ['odd', 'odder', 'none', '(empty)'];
    expect(told).toEqual(names.map((name) => `${name}: malformed-content`));
    await expect(collect(registry.listManifests(ecrRepository('api'), {}))).rejects.toThrow(MalformedContentError);
  });

  test('of an empty repository are none, by one call', async () => {
    const fake = await ecr.start();
    fake.createRepository('empty');
    const registry = await ecr.open(fake);
    expect(await collect(registry.listManifests(ecrRepository('empty'), {}))).toEqual([]);
    expect(fake.callCounts()).toEqual({ DescribeImages: 1 });
  });

  test('are listed again once when a page token expires, and none appears twice', async () => {
    const fake = await ecr.start({ pageSize: 2 });
    for (let at = 0; at < 5; at += 1) fake.push('api', image({ layers: [`l${at}`] }), { tags: [`t${at}`] });
    const registry = await ecr.open(fake);
    const tags: unknown[] = [];
    for await (const page of registry.listManifests(ecrRepository('api'), {})) {
      if (tags.length === 0) fake.expirePageTokens();
      tags.push(...page.map(({ tag }) => tag));
    }
    expect(tags).toEqual(['t0', 't1', 't2', 't3', 't4']);
    expect(fake.callCounts()).toEqual({ DescribeImages: 5 });
  });

  test('a tag that moves before the listing is repeated is listed once, where it was seen first', async () => {
    const fake = await ecr.start({ pageSize: 1 });
    const before = image({ layers: ['before'] });
    const after = image({ layers: ['after'] });
    fake.push('api', before, { tags: ['latest'] });
    fake.push('api', after);
    const registry = await ecr.open(fake);
    const entries: [unknown, unknown][] = [];
    for await (const page of registry.listManifests(ecrRepository('api'), {})) {
      if (entries.length === 0) {
        fake.push('api', after, { tags: ['latest'] });
        fake.expirePageTokens();
      }
      entries.push(...page.map(({ tag, digest }): [unknown, unknown] => [tag, digest]));
    }
    expect(entries.filter(([tag]) => tag !== undefined)).toEqual([['latest', before.digest]]);
  });

  test('a token that expires again and again is an error, not an endless loop', async () => {
    const fake = await ecr.start({ pageSize: 1 });
    for (let at = 0; at < 3; at += 1) fake.push('api', image({ layers: [`l${at}`] }), { tags: [`t${at}`] });
    const registry = await ecr.open(fake);
    const listing = async (): Promise<void> => {
      for await (const page of registry.listManifests(ecrRepository('api'), {})) {
        expect(page.length).toBeLessThan(2);
        fake.expirePageTokens();
      }
    };
    await expect(listing()).rejects.toMatchObject({ code: 'registry-unavailable', retry: { kind: 'backoff' } });
  });
});
