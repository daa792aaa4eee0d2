import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { packContents, unpackContents } from '../../../src/deep/contents.ts';
import { type LayerEntry, readEntries } from '../../../src/deep/entries.ts';
import type { LayerLimits } from '../../../src/deep/limits.ts';
import { readLayer } from '../../../src/deep/read-layer.ts';
import { stackLayers } from '../../../src/deep/stack/stack-layers.ts';
import {
  ContentMismatchError,
  MalformedContentError,
  RegistryUnavailableError,
  SlimboardError,
  TooLargeError,
} from '../../../src/errors.ts';
import { type Digest, digestOf } from '../../../src/oci/digest.ts';
import { descriptorOf, headerBlock, type TarInput, tarOfEntries } from '../../support/tar-entries.ts';

const MIB = 1_048_576;

/** Bytes in pieces, as a network brings them. */
function streamOf(body: Buffer, pieceBytes = 65_536): Readable {
  const pieces = Math.ceil(body.length / pieceBytes);
  return Readable.from(
    Array.from({ length: pieces }, (_, at) => body.subarray(at * pieceBytes, (at + 1) * pieceBytes)),
  );
}

const readBody = (body: Buffer, limits?: Partial<LayerLimits>, pieceBytes?: number) =>
  readLayer(streamOf(body, pieceBytes), descriptorOf(body), limits ? { limits } : {});

async function layersOf(...layers: readonly (readonly TarInput[])[]) {
  return Promise.all(layers.map(async (entries) => readBody(gzipSync(await tarOfEntries(entries), { level: 1 }))));
}

/** Bytes that do not compress, the same each time. */
function noise(length: number): Buffer {
  return createHash('shake256', { outputLength: length }).digest();
}

describe('a valid layer', () => {
  let tar: Buffer;
  beforeAll(async () => {
    tar = await tarOfEntries([
      { name: './', type: 'directory' },
      { name: './etc/os-release', content: 'ID=alpine\nVERSION_ID="3.20.3"\nPRETTY_NAME="Alpine Linux v3.20"\n' },
      { name: './usr/bin/su', mode: 0o4755, content: noise(300_000) },
      { name: './usr/bin/su2', type: 'link', linkname: 'usr/bin/su' },
      { name: './root/.npm/_cacache/x', content: 'cached' },
      { name: './app/.env', content: 'TOKEN=canary-7f3a' },
      { name: './var/.wh.old', content: '' },
      { name: './../up', content: 'climbs' },
    ]);
  });

  test('is described, and its diffID computed', async () => {
    const body = gzipSync(tar);
    const contents = await readBody(body);
    expect(contents).toMatchObject({
      diffId: digestOf(tar),
      tarBytes: tar.length,
      whiteouts: 1,
      setuid: [{ path: 'usr/bin/su', mode: 0o4755 }],
      sensitive: [{ path: 'app/.env', bytes: 17 }],
      releases: [{ path: 'etc/os-release', id: 'alpine', versionId: '3.20.3' }],
    });
    expect([...readEntries(contents.entries)].map(({ kind, path, size }) => `${kind} ${path} ${size}`)).toEqual([
      'directory  0',
      'file etc/os-release 63',
      'file usr/bin/su 300000',
      'hardlink usr/bin/su2 0',
      'file root/.npm/_cacache/x 6',
      'file app/.env 17',
      'file var/.wh.old 0',
      'file up 6',
    ]);
  });

  test('reports settings files with a token as sensitive, and others not', async () => {
    const token = { name: 'app/.npmrc', content: '//npm.example.com/:_authToken=npm_0123\n' };
    const long = { name: 'root/.npmrc', content: `# ${'x'.repeat(70_000)}\n` };
    const body = await tarOfEntries([
      token,
      { name: 'srv/.npmrc', content: 'registry=https://npm.example.com/\n' },
      long,
    ]);
    for (const pieceBytes of [1_000, 65_536]) {
      const { sensitive } = await readBody(body, {}, pieceBytes);
      expect(sensitive.map(({ path }) => path)).toEqual(['app/.npmrc', 'root/.npmrc']);
    }
  });

  test('reads the same whatever its compression and however it is split', async () => {
    const [gzip, plain, tiny] = await Promise.all([
      readBody(gzipSync(tar)),
      readBody(tar),
      readBody(gzipSync(tar), {}, 13),
    ]);
    expect(plain).toEqual(gzip);
    expect(tiny).toEqual(gzip);
  });

  test('with many gzip members is read to the end', async () => {
    const body = Buffer.concat([gzipSync(tar.subarray(0, 700)), gzipSync(tar.subarray(700))]);
    expect((await readBody(body)).diffId).toBe(digestOf(tar));
  });

  test('hashes contents the same however they are split', async () => {
    const hashes = (contents: { entries: Uint8Array }) =>
      [...readEntries(contents.entries)].map((entry: LayerEntry) => entry.hash);
    const [first, second] = await Promise.all([readBody(tar, {}, 1_000), readBody(tar)]);
    expect(hashes(first)).toEqual(hashes(second));
    expect(hashes(first)).toContain(digestOf('cached').slice(7, 23));
  });

  test('is packed and unpacked without loss, and without the contents of its files', async () => {
    const contents = await readBody(gzipSync(tar));
    const packed = packContents(contents);
    expect(unpackContents(packed)).toEqual(contents);
    expect(JSON.stringify(contents)).not.toContain('canary');
    expect(Buffer.from(contents.entries).includes('canary')).toBe(false);
  });

  test('without a single entry is empty', async () => {
    expect(await readBody(gzipSync(Buffer.alloc(1_024)))).toMatchObject({ tarBytes: 1_024, entries: new Uint8Array() });
    expect(await readBody(gzipSync(''))).toMatchObject({ tarBytes: 0, entries: new Uint8Array() });
  });
});

describe('waste in real layers', () => {
  test('5 MB added and deleted later', async () => {
    const layers = await layersOf(
      [
        { name: 'keep', content: 'kept' },
        { name: 'tmp/big', content: noise(5_000_000) },
      ],
      [{ name: 'tmp/.wh.big', content: '' }],
    );
    const report = stackLayers(layers, 0);
    expect(report).toMatchObject({ usefulBytes: 4, ownWastedBytes: 5_000_000, wasted: { deleted: 5_000_000 } });
  });

  test('files rewritten by chown', async () => {
    const app = [
      { name: 'app/main.js', content: 'x'.repeat(40_000) },
      { name: 'app/lib.js', content: 'y'.repeat(2_000) },
    ];
    const layers = await layersOf(
      app,
      app.map((entry) => ({ ...entry, uid: 1_000, gid: 1_000 })),
    );
    expect(stackLayers(layers, 1)).toMatchObject({
      usefulBytes: 42_000,
      ownWastedBytes: 42_000,
      wasted: { rewritten: 42_000 },
    });
  });

  test('a deleted .env', async () => {
    const layers = await layersOf(
      [{ name: 'app/.env', content: 'TOKEN=canary-7f3a' }],
      [{ name: 'app/.wh..env', content: '' }],
    );
    const report = stackLayers(layers, 0);
    expect(report.sensitive).toEqual([{ path: 'app/.env', bytes: 17, layer: 0, isHidden: true }]);
    expect(report.ownWastedBytes).toBe(17);
    expect(JSON.stringify(report)).not.toContain('canary');
  });
});

describe('a layer that is not what it claims', () => {
  const body = gzipSync(headerBlock({}));

  test('other bytes than its digest', async () => {
    const layer = { ...descriptorOf(body), digest: digestOf('other') };
    await expect(readLayer(streamOf(body), layer)).rejects.toThrow(ContentMismatchError);
  });

  test('fewer bytes than its size are reported as that, although the gzip is broken as well', async () => {
    await expect(readLayer(streamOf(body.subarray(0, 40)), descriptorOf(body))).rejects.toThrow(ContentMismatchError);
  });

  test('more bytes than its size', async () => {
    const layer = { ...descriptorOf(body), size: 10 };
    await expect(readLayer(streamOf(body), layer)).rejects.toThrow(TooLargeError);
  });

  test('a byte changed in transit', async () => {
    const changed = Buffer.from(body);
    changed[20] = (changed[20] ?? 0) ^ 0xff;
    await expect(readLayer(streamOf(changed), descriptorOf(body))).rejects.toThrow(ContentMismatchError);
  });

  test('a sha512 digest is verified with SHA-512', async () => {
    const layer = { ...descriptorOf(body), digest: `sha512:${'0'.repeat(128)}` as Digest };
    await expect(readLayer(streamOf(body), layer)).rejects.toThrow(/sha512:[0-9a-f]{128}$/);
  });

  test.each([
    ['text', Buffer.from('no layer '.repeat(100))],
    ['a gzip that is cut', gzipSync(noise(2_000)).subarray(0, 900)],
    ['a gzip that is wrong', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), noise(500)])],
    ['a gzip of text', gzipSync('no tar '.repeat(500))],
    ['a tar that is cut', gzipSync(headerBlock({ size: '00000001000\0' }))],
    ['a gzip that something follows', Buffer.concat([gzipSync(headerBlock({})), Buffer.from('rest')])],
    ['a gzip that much follows', Buffer.concat([gzipSync(headerBlock({})), Buffer.from('rest '.repeat(50_000))])],
    ['two bytes', Buffer.from([0x1f, 0x8b])],
  ])('%s is malformed', async (_, bytes) => {
    await expect(readBody(bytes)).rejects.toThrow(MalformedContentError);
  });
});

describe('bombs', () => {
  const zeros = gzipSync(Buffer.alloc(8 * MIB));

  test.each<[string, Buffer, Partial<LayerLimits>, RegExp]>([
    ['more bytes than allowed', zeros, { tarBytes: MIB }, /more than 1048576 bytes/],
    ['a ratio over the limit', zeros, { ratio: 100, ratioFromBytes: MIB }, /more than 100 times/],
    [
      'more entries than allowed',
      gzipSync(Buffer.concat([headerBlock({}), headerBlock({})])),
      { entries: 1 },
      /more than 1 entries/,
    ],
    [
      'longer paths together than allowed',
      gzipSync(headerBlock({})),
      { allPathsBytes: 3 },
      /more than 3 bytes together/,
    ],
  ])('%s', async (_, bytes, limits, message) => {
    const failure = await readBody(bytes, limits).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TooLargeError);
    expect((failure as Error).message).toMatch(message);
  });

  test('is rejected before it is unpacked', async () => {
    let sent = 0;
    const members = Readable.from(
      (function* () {
        for (; sent < 40; sent++) yield gzipSync(Buffer.alloc(4 * MIB, sent));
      })(),
    );
    const layer = { digest: digestOf(''), size: 1_000_000 };
    await expect(readLayer(members, layer, { limits: { tarBytes: 16 * MIB } })).rejects.toThrow(SlimboardError);
    expect(members.destroyed).toBe(true);
    expect(sent).toBeLessThan(30);
  });

  test('a sender that trickles is aborted', async () => {
    const silent = new Readable({ read: () => undefined });
    const failure = readLayer(silent, descriptorOf(zeros), { limits: { durationMs: 5 } });
    await expect(failure).rejects.toThrow(RegistryUnavailableError);
    expect(silent.destroyed).toBe(true);
  });

  test('a broken stream is an error that may be retried', async () => {
    const breaking = new Readable({ read: () => breaking.destroy(new Error('reset')) });
    await expect(readLayer(breaking, descriptorOf(zeros))).rejects.toMatchObject({
      code: 'registry-unavailable',
      retry: { kind: 'backoff' },
    });
  });

  test('a caller that aborts gets its own reason', async () => {
    const reason = new Error('stopped');
    const aborting = new AbortController();
    const reading = readLayer(new Readable({ read: () => undefined }), descriptorOf(zeros), {
      signal: aborting.signal,
    });
    aborting.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

test('any bytes are a layer or raise an expected error', async () => {
  const magic = fc.constantFrom([], [0x1f, 0x8b, 8], [0x28, 0xb5, 0x2f, 0xfd], [0x50, 0x2a, 0x4d, 0x18]);
  await fc.assert(
    fc.asyncProperty(magic, fc.uint8Array({ maxLength: 200 }), async (head, rest) => {
      const failure = await readBody(Buffer.from([...head, ...rest])).then(
        () => undefined,
        (error: unknown) => error,
      );
      if (failure !== undefined) expect(failure).toBeInstanceOf(SlimboardError);
    }),
    { numRuns: 300 },
  );
});
