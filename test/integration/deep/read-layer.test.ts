import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { type LayerEntry, readEntries } from '../../../src/deep/entries.ts';
import { readLayer } from '../../../src/deep/read-layer.ts';
import { stackLayers } from '../../../src/deep/stack/stack-layers.ts';
import { SlimboardError } from '../../../src/errors.ts';
import { closedAfterTest } from '../../support/closed-after.ts';
import { openClient, repositoryOf } from '../../support/distribution-client.ts';
import { image, tarLayer } from '../../support/image-builder.ts';
import { newFolder } from '../../support/new-folder.ts';
import { truncated } from '../../support/registry-faults.ts';
import { startRegistry } from '../../support/registry-server.ts';
import { descriptorOf } from '../../support/tar-entries.ts';

async function serveTwoLayers() {
  const server = closedAfterTest(await startRegistry());
  const client = closedAfterTest(openClient(server.host));
  const layers = [
    await tarLayer({ 'app/big': 'x'.repeat(100_000), 'app/kept': 'kept' }),
    await tarLayer({ 'app/.wh.big': '' }),
  ];
  server.push('app', '1', image({ layers }));
  const repository = repositoryOf(server.host, 'app');
  const read = async ({ body }: { body: Buffer }) => {
    const layer = descriptorOf(body);
    return readLayer(await client.openBlob(repository, layer, {}), layer);
  };
  return { server, layers, read };
}

describe('layers of a registry', () => {
  test('are read as streams, and laid over one another', async () => {
    const { layers, read } = await serveTwoLayers();
    const contents = await Promise.all(layers.map(read));
    expect(contents.map(({ diffId }) => diffId)).toEqual(layers.map(({ diffId }) => diffId));
    expect(stackLayers(contents, 1)).toMatchObject({ usefulBytes: 4, ownWastedBytes: 100_000 });
  });

  test('that break off fail with an expected error that may be retried', async () => {
    const { server, layers, read } = await serveTwoLayers();
    const [first] = layers;
    if (!first) throw new Error('no layer');
    server.fault(
      { path: /\/blobs\// },
      truncated(first.body.subarray(0, 100), { 'content-length': first.body.length }),
    );
    const failure = await read(first).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SlimboardError);
    expect((failure as SlimboardError).retry.kind).toBe('backoff');
  });
});

test.each(['gnu', 'posix', 'ustar'])('tars that GNU tar writes as %s are read as the files on disk', async (format) => {
  const folder = await newFolder();
  const long = format === 'ustar' ? 'd'.repeat(60) : 'd'.repeat(200);
  mkdirSync(join(folder, 'a', long), { recursive: true });
  writeFileSync(join(folder, 'a', long, 'größe'), 'content');
  linkSync(join(folder, 'a', long, 'größe'), join(folder, 'twin'));
  symlinkSync(`a/${long}/größe`, join(folder, 'link'));
  writeFileSync(join(folder, 'sparse'), 'start');
  truncateSync(join(folder, 'sparse'), 10_000_000);
  const sparse = format === 'ustar' ? [] : ['--sparse'];
  const tar = execFileSync('tar', [`--format=${format}`, '--sort=name', ...sparse, '-C', folder, '-cf', '-', '.'], {
    maxBuffer: 2 ** 26,
  });
  const contents = await readLayer(Readable.from([tar]), descriptorOf(tar));
  const entries = new Map([...readEntries(contents.entries)].map((entry): [string, LayerEntry] => [entry.path, entry]));
  expect([...entries.keys()].sort()).toEqual(['', 'a', `a/${long}`, `a/${long}/größe`, 'link', 'sparse', 'twin']);
  expect(entries.get(`a/${long}/größe`)).toMatchObject({ kind: 'file', size: 7 });
  expect(entries.get('twin')).toMatchObject({ kind: 'hardlink', target: `a/${long}/größe` });
  expect(entries.get('link')).toMatchObject({ kind: 'symlink', target: `a/${long}/größe` });
  const isSmall = (entries.get('sparse')?.size ?? 0) < 100_000;
  expect(isSmall).toBe(format !== 'ustar');
});
