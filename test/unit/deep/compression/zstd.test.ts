import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ScriptZstd } from '../../../../src/deep/compression/script-zstd.ts';
import { ZstdGuard } from '../../../../src/deep/compression/zstd-guard.ts';
import { DEFAULT_LAYER_LIMITS, type LayerLimits } from '../../../../src/deep/limits.ts';
import { readLayer } from '../../../../src/deep/read-layer.ts';
import { MalformedContentError, SlimboardError, TooLargeError } from '../../../../src/errors.ts';
import { digestOf } from '../../../../src/oci/digest.ts';
import { descriptorOf } from '../../../support/tar-entries.ts';

const MIB = 1_048_576;
const TAR = 'sha256:8fe703d5374c15c4a0aaa0b8c2fbcbbba98dd76de3cb7eb3bb0fa9812391394d';
const one = readFileSync('test/fixtures/deep/layer.tar.zst');
const many = readFileSync('test/fixtures/deep/frames.tar.zst');

/** A frame that asks for a window of 2^exponent bytes and holds one run of a byte. */
function frame(exponent: number, run = 1): Buffer {
  const block = Buffer.alloc(4);
  block.writeUIntLE((run << 3) | 0b011, 0, 3);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (exponent - 10) << 3]), block]);
}

/** A frame of one segment: its window is its content, as large as it says. */
function segment(bytes: bigint): Buffer {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(bytes);
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xe0]), size, Buffer.from([1, 0, 0])]);
}

const guarded = (chunks: readonly Buffer[], window = 2 ** 23) => {
  const guard = new ZstdGuard(window);
  const passed = chunks.flatMap((chunk) => [...guard.split(chunk)]);
  guard.end();
  return Buffer.concat(passed);
};

function halves(bytes: Buffer, at: number): Buffer[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

/** Inflates with the decoder that every Node has. */
async function inflated(chunks: readonly Buffer[], limits: Partial<LayerLimits> = {}): Promise<Buffer> {
  const out: Buffer[] = [];
  const decompressor = new ScriptZstd({ ...DEFAULT_LAYER_LIMITS, ...limits }, (piece) => out.push(Buffer.from(piece)));
  for (const chunk of chunks) await decompressor.write(chunk);
  await decompressor.end();
  return Buffer.concat(out);
}

describe('a zstd layer', () => {
  test.each([
    ['of one frame', one],
    ['of many frames, some to be skipped', many],
  ])('%s', async (_, body) => {
    const contents = await readLayer(Readable.from([body]), descriptorOf(body));
    expect(contents).toMatchObject({ diffId: TAR });
  });

  test('decodes to the same bytes wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(one, many), fc.nat(many.length), async (body, at) => {
        expect(digestOf(await inflated(halves(body, at)))).toBe(TAR);
      }),
    );
  });
});

describe('the guard', () => {
  test('passes on everything but skippable frames', () => {
    expect(guarded([one])).toEqual(one);
    expect(guarded([many]).length).toBe(many.length - 2 * 19 - 8);
  });

  test.each([
    ['a window of 16 MiB', frame(24)],
    ['a window of 2 TiB', frame(41)],
    ['a segment of 16 EiB', segment(2n ** 64n - 1n)],
    ['a segment of 9 MiB', segment(9n * 2n ** 20n)],
    ['a large window behind a small one', Buffer.concat([frame(20), frame(30)])],
  ])('refuses %s', (_, body) => {
    expect(() => guarded([body])).toThrow(TooLargeError);
  });

  test.each([
    ['an end within a frame', one.subarray(0, 300)],
    ['an end within a magic', one.subarray(0, 2)],
    ['no frame at all', Buffer.from('text')],
    ['something else behind a frame', Buffer.concat([one, Buffer.from('text')])],
  ])('finds %s', (_, body) => {
    expect(() => guarded([body])).toThrow(MalformedContentError);
  });
});

test('tiny blocks in a large window are rejected', async () => {
  // One run of one byte, not the last block, again and again: 4 bytes that cost 32 MiB of moves each.
  const start = frame(25).subarray(0, 6);
  const body = Buffer.concat([start, ...Array.from({ length: 100 }, () => Buffer.from([0b1010, 0, 0, 0]))]);
  await expect(inflated([body])).rejects.toThrow(TooLargeError);
});

test('thousands of tiny frames yield no more than their bytes', async () => {
  const body = Buffer.concat(Array.from({ length: 5_000 }, () => frame(10)));
  expect((await inflated([body])).length).toBe(5_000);
});

test('any bytes after the magic are decoded or raise an expected error', async () => {
  const flips = fc.array(fc.tuple(fc.nat(one.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(flips, async (changes) => {
      const bytes = Buffer.from(one);
      for (const [at, byte] of changes) bytes[at] = byte;
      await inflated([bytes], { windowBytes: MIB }).catch((error: unknown) =>
        expect(error).toBeInstanceOf(SlimboardError),
      );
    }),
    { numRuns: 100 },
  );
});
