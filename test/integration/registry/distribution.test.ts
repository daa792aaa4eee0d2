import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { type Digest, digestOf } from '../../../src/oci/digest.ts';
import { parseManifest } from '../../../src/oci/manifest.ts';
import type { DistributionOptions } from '../../../src/registry/distribution.ts';
import type { FetchedManifest, Registry } from '../../../src/registry/registry.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { openClient, repositoryNames, repositoryOf, tagNames, tagOf } from '../../support/distribution-client.ts';
import { attestation, image, index } from '../../support/image-builder.ts';
import { answer, body } from '../../support/registry-faults.ts';
import {
  type Fault,
  type RegistryServer,
  type RegistryServerOptions,
  startRegistry,
} from '../../support/registry-server.ts';

async function start(
  server: RegistryServerOptions = {},
  client: Partial<DistributionOptions> = {},
): Promise<{ server: RegistryServer; client: Registry }> {
  const started = await startRegistry(server);
  const opened = openClient(started.host, client);
  closedAfterTest(started, opened);
  return { server: started, client: opened };
}

const app = image({ layers: ['base', 'app'] });

/** A registry with `app:1`; `read` reads a tag of it, which had the known digest before. */
async function startWithApp(...options: Parameters<typeof start>) {
  const { server, client } = await start(...options);
  server.push('app', '1', app);
  const repository = repositoryOf(server.host, 'app');
  const read = (known?: Digest, tag = '1') => client.readTag(repository, tagOf(tag), known, {});
  return { server, client, repository, read };
}

describe('listing', () => {
  test('reads all pages of repositories and tags', async () => {
    const { server, client } = await start({ pageSize: 2 });
    const names = ['a', 'b/c', 'd', 'e', 'f'];
    for (const name of names) server.push(name, '1', app);
    for (const tag of ['1', '2', '3']) server.push('tags', tag, app);
    expect(await repositoryNames(client)).toEqual([...names, 'tags']);
    expect(await tagNames(client, repositoryOf(server.host, 'tags'))).toEqual(['1', '2', '3']);
  });

  test('finds no tags in a repository without any', async () => {
    const { server, client } = await start();
    server.push('empty', undefined, app);
    expect(await tagNames(client, repositoryOf(server.host, 'empty'))).toEqual([]);
  });

  test('accepts JSON sent as text/plain', async () => {
    const { server, client } = await start();
    server.fault({ path: /_catalog/ }, body('{"repositories":["a"]}', { 'content-type': 'text/plain' }));
    expect(await repositoryNames(client)).toEqual(['a']);
  });

  test.each([
    ['by another scheme and port', 'https://127.0.0.1/v2/hub/app/tags/list'],
    ['on the inner side of a proxy', 'http://registry.internal:5000/v2/hub/app/tags/list'],
    ["without the repository's first part (Artifactory)", '/v2/app/tags/list'],
    ['below a path of its own (Nexus)', 'http://127.0.0.1/repository/hub/v2/hub/app/tags/list'],
  ])('follows a link to the next page %s', async (_what, address) => {
    const { server, client } = await start();
    server.push('hub/app', 'b', app);
    const link = { link: `<${address}?cursor=0>; rel="next"` };
    server.fault({ path: /n=1000$/ }, body('{"tags":["a"]}', link));
    expect(await tagNames(client, repositoryOf(server.host, 'hub/app'))).toEqual(['a', 'b']);
  });

  test('each invalid name is an error, and all others are listed', async () => {
    const { server, client } = await start();
    server.push('good', '1.0', app);
    server.listAlso({ repositories: ['Bad', '../x', 'a\u0000b'], tags: { good: ['-bad', '', 'x'.repeat(129)] } });
    const invalid: [string, string][] = [];
    const onInvalid = (name: string, error: { code: string }): number => invalid.push([name, error.code]);
    expect(await repositoryNames(client, { onInvalid })).toEqual(['good']);
    expect(await tagNames(client, repositoryOf(server.host, 'good'), { onInvalid })).toEqual(['1.0']);
    expect(invalid.map(([name]) => name)).toEqual(['Bad', '../x', 'a\u0000b', '-bad', '(empty)', 'x'.repeat(129)]);
    expect(new Set(invalid.map(([, code]) => code))).toEqual(new Set(['invalid-reference']));
    await expect(repositoryNames(client)).rejects.toMatchObject({ code: 'invalid-reference' });
  });

  test('values that are no strings among the names are errors, however deeply nested', async () => {
    const { server, client } = await start();
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const tags = `{"tags":[${deep},"1.0",null,true,12,{"toString":1}]}`;
    server.fault({ path: /tags\/list/ }, body(tags));
    const invalid: [string, string][] = [];
    const onInvalid = (name: string, error: { code: string }): number => invalid.push([name, error.code]);
    expect(await tagNames(client, repositoryOf(server.host, 'app'), { onInvalid })).toEqual(['1.0']);
    expect(invalid).toEqual(Array.from({ length: 5 }, () => ['(not text)', 'invalid-reference']));
  });

  test('a missing repository is an error if the settings name it, and otherwise empty', async () => {
    const { server, client } = await start({}, { repositories: ['gone', 'team/**'] });
    await expect(tagNames(client, repositoryOf(server.host, 'gone'))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('no such repository'),
    });
    expect(await tagNames(client, repositoryOf(server.host, 'team/emptied'))).toEqual([]);
  });

  test('a repository that disappears during its listing is an error', async () => {
    const { server, client } = await start({ pageSize: 1 });
    for (const tag of ['1', '2']) server.push('a', tag, app);
    server.fault({ path: /cursor=1/ }, answer(404, {}, 'NAME_UNKNOWN'));
    await expect(tagNames(client, repositoryOf(server.host, 'a'))).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('configured repositories', () => {
  test('literal names need no catalog', async () => {
    const { server, client } = await start({ catalog: false }, { repositories: ['team/a', 'team/b'] });
    expect(await repositoryNames(client)).toEqual(['team/a', 'team/b']);
    expect(server.count()).toBe(0);
  });

  test('globs select from the catalog, and no repository is listed twice', async () => {
    const { server, client } = await start({}, { repositories: ['team/a', 'team/**'] });
    for (const name of ['team/a', 'team/b/c', 'other']) server.push(name, '1', app);
    expect(await repositoryNames(client)).toEqual(['team/a', 'team/b/c']);
  });

  test.each([
    [404, 'settings'],
    [405, 'settings'],
    [501, 'settings'],
    [401, 'authentication'],
    [403, 'access-denied'],
    // Artifactory: "Unsupported docker repository request for 'v2'" (jfrog/artifactory-docker-examples#168).
    [400, 'malformed-content'],
  ])('globs without a catalog (%i): literal names are listed, then an error says what to do', async (status, code) => {
    const { server, client } = await start({}, { repositories: ['team/a', 'team/**'] });
    server.fault({ path: /_catalog/ }, answer(status, {}, 'UNSUPPORTED'));
    const pages = client.listRepositories({})[Symbol.asyncIterator]();
    expect((await pages.next()).value).toHaveLength(1);
    await expect(pages.next()).rejects.toMatchObject({
      code,
      message: expect.stringContaining('name the repositories in the source\'s "repositories"'),
    });
  });

  // Google Artifact Registry (HarborGuard/HarborGuard#151).
  test('an empty catalog is noted, because it may be one that the credentials may not read', async () => {
    const notes: string[] = [];
    const { server, client } = await start({}, { onNote: (note) => notes.push(note) });
    expect(await repositoryNames(client)).toEqual([]);
    server.push('team/a', '1', app);
    expect(await repositoryNames(client)).toEqual(['team/a']);
    expect(notes).toEqual([expect.stringContaining('(_catalog) is empty: check what these credentials may read')]);
  });

  // distribution; Quay (google/go-containerregistry#1963).
  test.each<[number, string]>([
    [400, 'PAGINATION_NUMBER_INVALID'],
    [413, 'TOO_MANY_TAGS_REQUESTED'],
  ])('a page size refused by %i %s is left to the registry', async (status, code) => {
    const { server, client } = await start();
    server.push('a', '1', app);
    server.fault({ path: /n=1000/ }, answer(status, {}, code));
    expect(await repositoryNames(client)).toEqual(['a']);
  });
});

describe('reading tags', () => {
  test('a new tag: the manifest, verified, with its type', async () => {
    const { read } = await startWithApp();
    const fetched = (await read()) as FetchedManifest;
    expect(fetched).toMatchObject({ digest: app.digest, mediaType: app.mediaType });
    expect(parseManifest(fetched.body).form).toBe('manifest');
  });

  test('an unchanged tag: one HEAD, which registries do not count as a pull', async () => {
    const { server, read } = await startWithApp();
    expect(await read(app.digest)).toBe(app.digest);
    expect(server.requests.map(({ method, status }) => [method, status])).toEqual([['HEAD', 304]]);
  });

  test('a tag that moved: its digest by HEAD; one never seen: GET', async () => {
    const { server, read } = await startWithApp();
    const other = server.push('app', '1', image({ layers: ['other'] }));
    expect(await read(app.digest)).toBe(other);
    expect(await read()).toMatchObject({ digest: other });
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  // Nexus has answered 404 to HEAD (andrey-pohilko/registry-cli#14, crazy-max/diun#1614), and Artifactory behind a proxy
  // without a digest (deitch/docker_registry2#83).
  test.each<[string, Fault]>([
    ['404', answer(404)],
    ['403', answer(403)],
    ['405', answer(405)],
    ['200 without a digest', body('', { 'content-type': app.mediaType })],
  ])(
    'a registry that answers %s to HEAD three times is asked by conditional GET from then on',
    async (_what, fault) => {
      const { server, read } = await startWithApp();
      server.fault({ method: 'HEAD' }, fault);
      for (let time = 1; time <= 4; time++) expect(await read(app.digest)).toBe(app.digest);
      expect(server.requests.map(({ method }) => method).join(' ')).toBe('HEAD GET HEAD GET HEAD GET GET');
      expect(server.requests.filter(({ method, status }) => method === 'GET' && status !== 304)).toEqual([]);
    },
  );

  test('single answers to HEAD without a digest leave it at that: a GET would count as a pull', async () => {
    const { server, read } = await startWithApp();
    for (let time = 1; time <= 4; time++) {
      server.fault({ method: 'HEAD', times: 1 }, body('', { 'content-type': app.mediaType }));
      for (const _each of ['without', 'with']) expect(await read(app.digest)).toBe(app.digest);
    }
    expect(server.requests.map(({ method }) => method).join(' ')).toBe(Array(4).fill('HEAD GET HEAD').join(' '));
  });

  test('a known tag that is gone is not found, and others are asked for by HEAD again', async () => {
    const { server, read } = await startWithApp();
    const gone = read(app.digest, 'gone');
    await expect(gone).rejects.toMatchObject({ code: 'not-found', message: expect.stringContaining('no such tag') });
    expect(await read(app.digest)).toBe(app.digest);
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD', 'GET', 'HEAD']);
  });

  test('a registry that knows neither HEAD nor conditions answers with the manifest', async () => {
    const { server, read } = await startWithApp();
    server.fault({}, body(app.body, { 'content-type': app.mediaType }));
    expect(await read(app.digest)).toMatchObject({ digest: app.digest });
  });

  test('“not modified” to an unconditional request is an error', async () => {
    const { server, read } = await startWithApp();
    server.fault({}, body('', {}, 304));
    await expect(read()).rejects.toMatchObject({ code: 'malformed-content' });
  });

  test('HEAD requests reuse connections', async () => {
    const { server, read } = await startWithApp({}, { maxConnections: 4 });
    const asked = Array.from({ length: 200 }, () => read(app.digest));
    await Promise.all(asked);
    expect(server.connections).toBeLessThanOrEqual(4 + 5);
  });

  test('without a digest header the digest is computed', async () => {
    const { read } = await startWithApp({ digestHeader: false });
    expect(await read()).toMatchObject({ digest: digestOf(app.body) });
  });

  test('all manifest types are accepted', async () => {
    const { server, read } = await startWithApp();
    await read();
    const accept = server.requests[0]?.headers.accept ?? '';
    expect(accept.split(', ')).toHaveLength(7);
    expect(accept).toContain('application/vnd.oci.image.index.v1+json');
    expect(accept).toContain('application/vnd.oci.artifact.manifest.v1+json');
  });

  test('there are at most as many connections as concurrent requests, whatever the answers', async () => {
    const { server, client, repository, read } = await startWithApp({ redirectBlobs: true }, { maxConnections: 8 });
    const config = { digest: app.config.digest, size: app.config.body.length, mediaType: 'x', annotations: {} };
    await Promise.all(
      Array.from({ length: 100 }, async () => {
        await read(app.digest);
        await read(undefined, 'gone').catch(() => undefined);
        await client.readBlob(repository, config, { maxBytes: 10_000 });
      }),
    );
    expect(server.connections).toBeLessThanOrEqual(8 + 5);
  });
});

describe('reading by digest', () => {
  test('manifests: each is read, or fails, independently', async () => {
    const { server, client, repository } = await startWithApp();
    const both = index([app, attestation(app)]);
    server.push('app', '1', both);
    const missing = digestOf('missing');
    const read = await client.readManifests(repository, [app.digest, missing, both.digest], {});
    expect(read.get(app.digest)).toMatchObject({ mediaType: app.mediaType });
    expect(read.get(both.digest)).toMatchObject({ mediaType: both.mediaType });
    expect(read.get(missing)).toMatchObject({ code: 'not-found' });
  });

  test('a small blob, verified', async () => {
    const { client, repository } = await startWithApp();
    const { config } = parseManifest(app.body) as { config: Parameters<Registry['readBlob']>[1] };
    const read = await client.readBlob(repository, config, { maxBytes: 10_000 });
    expect(digestOf(read)).toBe(app.config.digest);
  });

  test.each([
    ['larger than allowed: not asked for', 'too-large', { maxBytes: 10 }, {}],
    ['larger than its descriptor says', 'too-large', { maxBytes: 10_000 }, { size: 5 }],
    ['smaller than its descriptor says', 'content-mismatch', { maxBytes: 10_000 }, { size: 5_000 }],
  ])('a blob %s', async (_name, code, limits, descriptor) => {
    const { client, repository } = await startWithApp();
    const { digest, body: bytes } = app.config;
    const blob = { digest, size: bytes.length, mediaType: 'x', annotations: {}, ...descriptor };
    await expect(client.readBlob(repository, blob, limits)).rejects.toMatchObject({ code });
  });

  test('a stream follows the redirect without the Authorization header', async () => {
    const { client, repository } = await startWithApp({ redirectBlobs: true, auth: { kind: 'token' } });
    const [layer] = app.layers;
    if (!layer) throw new Error('the image has layers');
    const blob = { digest: layer.digest, size: layer.body.length, mediaType: layer.mediaType, annotations: {} };
    const stream = await client.openBlob(repository, blob, {});
    expect(digestOf(await buffer(stream))).toBe(layer.digest);
  });
});
