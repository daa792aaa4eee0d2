import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/oci/digest.ts';
import { parseManifest } from '../../../src/oci/manifest.ts';
import type { FetchedManifest, Registry } from '../../../src/registry/registry.ts';
import {
  openClient,
  passwordProvider,
  repositoryNames,
  repositoryOf,
  tagNames,
  tagOf,
} from '../../support/distribution-client.ts';
import { type DockerRegistry, READER_PASSWORD, startDockerRegistry } from '../../support/docker-registry.ts';
import { type BuiltImage, image, index, tarLayer } from '../../support/image-builder.ts';

describe('a registry of the distribution project', () => {
  let server: DockerRegistry;
  let client: Registry;
  let app: BuiltImage;

  beforeAll(async () => {
    server = await startDockerRegistry();
    client = openClient(server.host);
    app = image({ layers: [await tarLayer({ 'etc/os-release': 'ID=test\n' }), await tarLayer({ 'app/main': 'x' })] });
    await server.push('team/app', '1.0', app);
    await server.push('team/app', '1.1', index([app]));
    await server.push('team/docker', 'latest', image({ dialect: 'docker' }));
  });

  afterAll(async () => {
    await client?.close();
    await server?.close();
  });

  const team = (name: string) => repositoryOf(server.host, `team/${name}`);

  test('lists repositories and tags', async () => {
    expect([...(await repositoryNames(client))].sort()).toEqual(['team/app', 'team/docker']);
    expect([...(await tagNames(client, team('app')))].sort()).toEqual(['1.0', '1.1']);
  });

  test('reads a tag, and then finds it unchanged', async () => {
    const fetched = (await client.readTag(team('app'), tagOf('1.0'), undefined, {})) as FetchedManifest;
    expect(fetched).toMatchObject({ digest: app.digest, mediaType: app.mediaType });
    expect(Buffer.compare(fetched.body, app.body)).toBe(0);
    expect(await client.readTag(team('app'), tagOf('1.0'), fetched.digest, {})).toBe(fetched.digest);
  });

  test("reads Docker's own types", async () => {
    const fetched = (await client.readTag(team('docker'), tagOf('latest'), undefined, {})) as FetchedManifest;
    expect(fetched.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
  });

  test('reads an index, its child, the config and a layer', async () => {
    const top = (await client.readTag(team('app'), tagOf('1.1'), undefined, {})) as FetchedManifest;
    const parsed = parseManifest(top.body, top.mediaType);
    if (parsed.form !== 'index') throw new Error('expected an index');
    const children = await client.readManifests(
      team('app'),
      parsed.manifests.map(({ digest }) => digest),
      {},
    );
    const child = children.get(app.digest);
    if (!child || child instanceof Error) throw new Error('expected the child');
    const manifest = parseManifest(child.body, child.mediaType);
    if (manifest.form !== 'manifest') throw new Error('expected a manifest');
    const config = await client.readBlob(team('app'), manifest.config, { maxBytes: 1_000_000 });
    expect(digestOf(config)).toBe(app.config.digest);
    const [layer] = manifest.layers;
    if (!layer) throw new Error('expected a layer');
    expect(digestOf(await buffer(await client.openBlob(team('app'), layer, {})))).toBe(layer.digest);
  });

  test('distinguishes a missing tag from a missing repository', async () => {
    const missingTag = client.readTag(team('app'), tagOf('9'), undefined, {});
    await expect(missingTag).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('no such tag'),
    });
    const named = openClient(server.host, { repositories: ['team/none'] });
    await expect(tagNames(named, team('none'))).rejects.toMatchObject({ code: 'not-found' });
    await named.close();
  });
});

describe('with Basic authentication', () => {
  let server: DockerRegistry;
  const clients: Registry[] = [];

  beforeAll(async () => {
    server = await startDockerRegistry({ basicAuth: true });
    await server.push('team/app', '1.0', image());
  });

  afterAll(async () => {
    for (const client of clients) await client.close();
    await server?.close();
  });

  function open(password?: string): Registry {
    const client = openClient(
      server.host,
      password === undefined ? {} : { credentials: passwordProvider('reader', password) },
    );
    clients.push(client);
    return client;
  }

  test('the right password is accepted', async () => {
    expect(await repositoryNames(open(READER_PASSWORD))).toEqual(['team/app']);
  });

  test.each([
    ['a wrong password', 'wrong'],
    ['none', undefined],
  ])('%s is refused', async (_name, password) => {
    const read = open(password).readTag(repositoryOf(server.host, 'team/app'), tagOf('1.0'), undefined, {});
    await expect(read).rejects.toMatchObject({ code: 'authentication' });
  });
});
