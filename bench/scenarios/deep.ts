import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { OUTPUT_BYTES } from '../../src/deep/compression/stream-decompressor.ts';
import { readLayer } from '../../src/deep/read-layer.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { rounds, type Scenario } from '../harness/context.ts';
import { atLeast, atMost, figuresOf } from '../harness/result.ts';

const FILES = 20_000;
const PIECE_BYTES = 65_536;
const MEGABYTE = 1_000_000;

/** Reports CPU time as well as elapsed time, because other work on the machine affects it less. */
export const deep: Scenario = {
  title: 'Layers: readLayer against bare inflating of the same gzip, a tar of 20,000 small files',
  async run({ rounds: count, log }) {
    log('deep');
    const tar = await tarOfFiles(FILES);
    const body = gzipSync(tar);
    const layer = { digest: digestOf(body), size: body.length };
    const megabytes = tar.length / MEGABYTE;
    const memoryBefore = process.memoryUsage.rss();
    const samples = await rounds(count, async () => {
      const bare = await costOf(() => inflate(body));
      const read = await costOf(() => readLayer(streamOf(body), layer));
      return {
        clock: bare.seconds / read.seconds,
        cpu: bare.cpuSeconds / read.cpuSeconds,
        speed: megabytes / read.seconds,
      };
    });
    const memory = (process.memoryUsage.rss() - memoryBefore) / MEGABYTE;
    return [
      ...figuresOf(samples, [
        ['readLayer, speed of bare inflating', 'x', ({ clock }) => clock, atLeast(0.4, 0.8)],
        ['the same by CPU time', 'x', ({ cpu }) => cpu],
        ['readLayer, of the tar', 'MB/s', ({ speed }) => speed],
      ]),
      { name: 'memory that it added', unit: 'MB', samples: [memory], goal: atMost(100, 50) },
    ];
  },
};

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const start = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1_000, cpuSeconds: (user + system) / 1_000_000 };
}

/** Uses buffers of the same size as `readLayer`, so that the difference is what slimboard itself does. */
async function inflate(body: Buffer): Promise<void> {
  for await (const _ of streamOf(body).pipe(createGunzip({ chunkSize: OUTPUT_BYTES }))) void _;
}

function streamOf(bytes: Buffer): Readable {
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, at) =>
      bytes.subarray(at * PIECE_BYTES, (at + 1) * PIECE_BYTES),
    ),
  );
}

/** A tar of files of 1.5 to 24 KB, a third of it noise and the rest text, to resemble a folder of dependencies. */
async function tarOfFiles(count: number): Promise<Buffer> {
  const archive = pack();
  const chunks: Buffer[] = [];
  archive.on('data', (chunk) => chunks.push(chunk as Buffer));
  for (let at = 0; at < count; at++) {
    const size = 500 + ((at * 7_919) % 7_500);
    const noise = createHash('shake256', { outputLength: size }).update(String(at)).digest();
    const content = Buffer.concat([noise, Buffer.from(noise.toString('hex'))]);
    archive.entry({ name: `app/node_modules/p${at % 400}/f${at}.js` }, content);
  }
  archive.finalize();
  await new Promise((resolve) => archive.on('end', () => resolve(undefined)));
  return Buffer.concat(chunks);
}
