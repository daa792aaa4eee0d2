import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createGunzip, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { readLayer } from '../src/deep/read-layer.ts';
import { digestOf } from '../src/oci/digest.ts';

/**
 * `readLayer` beside bare inflating of the same layer, in turn. Prints medians in MB/s of the uncompressed tar, by
 * the clock and by CPU time (which a busy machine disturbs less), their ratios, and the memory that reading added.
 */

const [files = 20_000, rounds = 7] = process.argv.slice(2).map(Number);
const MEGABYTE = 1_000_000;

const tar = await tarOfFiles(files);
const body = gzipSync(tar, { level: 6 });
const layer = { digest: digestOf(body), size: body.length };
const memoryBefore = process.memoryUsage.rss();
const bare: Speed[] = [];
const read: Speed[] = [];
for (let round = 0; round < rounds; round++) {
  bare.push(await speedOf(inflate));
  read.push(await speedOf(() => readLayer(streamOf(body), layer)));
}
const report = {
  files,
  tarMegabytes: Math.round(tar.length / MEGABYTE),
  clock: compare((speed) => speed.clock),
  cpu: compare((speed) => speed.cpu),
  memoryMB: Math.round((process.memoryUsage.rss() - memoryBefore) / MEGABYTE),
};
process.stdout.write(`${JSON.stringify(report)}\n`);

async function inflate(): Promise<void> {
  const gunzip = streamOf(body).pipe(createGunzip({ chunkSize: 262_144 }));
  for await (const _ of gunzip) void _;
}

interface Speed {
  readonly clock: number;
  readonly cpu: number;
}

async function speedOf(work: () => Promise<unknown>): Promise<Speed> {
  const start = performance.now();
  const cpuBefore = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(cpuBefore);
  const megabytes = tar.length / MEGABYTE;
  return { clock: megabytes / ((performance.now() - start) / 1_000), cpu: megabytes / ((user + system) / 1_000_000) };
}

function compare(of: (speed: Speed) => number): { inflateMBs: number; readLayerMBs: number; ratio: number } {
  const [inflated, layers] = [median(bare.map(of)), median(read.map(of))];
  const ratio = Number((layers / inflated).toFixed(2));
  return { inflateMBs: Math.round(inflated), readLayerMBs: Math.round(layers), ratio };
}

function streamOf(bytes: Buffer): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
    bytes.subarray(at * 65_536, (at + 1) * 65_536),
  );
  return Readable.from(pieces);
}

/** Files of 1 to 16 KB, half text and half noise, as dependencies look like. */
async function tarOfFiles(count: number): Promise<Buffer> {
  const archive = pack();
  const chunks: Buffer[] = [];
  archive.on('data', (chunk) => chunks.push(chunk as Buffer));
  for (let at = 0; at < count; at++) {
    const size = 500 + ((at * 7_919) % 7_500);
    const noise = createHash('shake256', { outputLength: size }).update(String(at)).digest();
    archive.entry(
      { name: `app/node_modules/p${at % 400}/f${at}.js` },
      Buffer.concat([noise, Buffer.from(noise.toString('hex'))]),
    );
  }
  archive.finalize();
  await new Promise((resolve) => archive.on('end', () => resolve(undefined)));
  return Buffer.concat(chunks);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
