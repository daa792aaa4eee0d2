import { randomUUID } from 'node:crypto';
import { type FileHandle, open, readlink, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { CompletedPart, CreateMultipartUploadCommandInput, S3Client } from '@aws-sdk/client-s3';
import { codeOf, DeliveryError, messageOf } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { type Destination, formatDestination } from '../settings/destination.ts';

type Text = AsyncIterable<string> | Iterable<string>;

/**
 * Writes text to a destination atomically: readers find the old report or the new one, never a part.
 * @throws DeliveryError naming the destination
 */
export async function writeTo(
  destination: Destination,
  text: Text,
  contentType: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (destination.kind === 'file') await writeFileAtomically(destination.path, text, signal);
    else await putObject(destination, text, contentType, signal);
  } catch (cause) {
    signal.throwIfAborted();
    const reason = messageOf(cause);
    throw new DeliveryError(`cannot write ${formatDestination(destination)}: ${reason}`, { cause });
  }
}

/**
 * Writes a temporary file in the same folder, flushes it, and renames it, so that the path always names a whole file.
 * It follows symbolic links, also to a file that does not exist yet, and grants no more permissions than an existing
 * file had. A device or a pipe is written to directly, because the rename would replace it by a file.
 */
async function writeFileAtomically(path: string, text: Text, signal: AbortSignal): Promise<void> {
  const existing = await stat(path).catch(undefinedIfMissing);
  if (existing && !existing.isFile()) return writeInto(path, 'w', text, signal);
  const target = existing ? await realpath(path) : await linkedPath(path);
  await makeFolder(dirname(target));
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    await writeInto(temporary, 'wx', text, signal, existing && existing.mode & 0o777);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function undefinedIfMissing(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/** Follows links that end at a missing file; `stat` has refused those that lead to themselves. */
async function linkedPath(path: string): Promise<string> {
  const link = await readlink(path).catch(() => undefined);
  return link === undefined ? path : linkedPath(resolve(dirname(path), link));
}

async function writeInto(
  path: string,
  flags: 'w' | 'wx',
  text: Text,
  signal: AbortSignal,
  mode?: number,
): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    await writeText(file, text, signal);
    // Devices and pipes have nothing to flush.
    if (flags === 'wx') await file.sync();
  } finally {
    await file.close();
  }
}

const BUFFER_BYTES = 1_048_576;

/** Writes text as UTF-8, through one buffer: a new one for each piece of a large report was a twentieth of its time. */
async function writeText(file: FileHandle, text: Text, signal: AbortSignal): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let used = 0;
  for await (const piece of text) {
    signal.throwIfAborted();
    if (used + Buffer.byteLength(piece) > BUFFER_BYTES) {
      await writeBytes(file, buffer.subarray(0, used));
      used = 0;
    }
    if (Buffer.byteLength(piece) > BUFFER_BYTES) await writeBytes(file, Buffer.from(piece));
    else used += buffer.write(piece, used);
  }
  await writeBytes(file, buffer.subarray(0, used));
}

async function writeBytes(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

/** S3 requires at least 5 MiB for every part but the last. @see AWS, "Multipart upload limits" */
const PART_BYTES = 8 * 1_048_576;
const CONNECT_WITHIN_MS = 10_000;

/**
 * Uploads an object, in parts if it is large; it appears whole when the upload is complete. Credentials and region are
 * AWS's usual ones. AWS_ENDPOINT_URL_S3 names the endpoint of another store; it is addressed with the bucket in the
 * path.
 */
async function putObject(
  { bucket, key }: Extract<Destination, { kind: 's3' }>,
  text: Text,
  contentType: string,
  signal: AbortSignal,
): Promise<void> {
  const s3 = await import('@aws-sdk/client-s3');
  const { createProxyingAgents } = await import('../network/agents.ts');
  const { Proxies } = await import('../network/proxies.ts');
  const agents = createProxyingAgents(new Proxies(process.env), { keepAlive: true }, CONNECT_WITHIN_MS);
  const forcePathStyle = process.env.AWS_ENDPOINT_URL_S3 !== undefined;
  const client = new s3.S3Client({ forcePathStyle, requestHandler: agents });
  const object = { Bucket: bucket, Key: key, ContentType: contentType };
  const parts = partsOf(text);
  try {
    const first = (await parts.next()).value ?? Buffer.alloc(0);
    if (first.length >= PART_BYTES) await uploadInParts(s3, client, object, first, parts, signal);
    else await client.send(new s3.PutObjectCommand({ ...object, Body: first }), { abortSignal: signal });
  } finally {
    client.destroy();
    // After a failure, the text may not have been read to its end.
    await parts.return(undefined);
  }
}

async function uploadInParts(
  s3: typeof import('@aws-sdk/client-s3'),
  client: S3Client,
  object: CreateMultipartUploadCommandInput,
  first: Buffer,
  others: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const abort = { abortSignal: signal };
  const { Bucket, Key } = object;
  const { UploadId } = await client.send(new s3.CreateMultipartUploadCommand(object), abort);
  const upload = { Bucket, Key, UploadId };
  const sent: CompletedPart[] = [];
  const send = async (Body: Buffer): Promise<void> => {
    const PartNumber = sent.length + 1;
    const { ETag } = await client.send(new s3.UploadPartCommand({ ...upload, PartNumber, Body }), abort);
    sent.push({ ETag, PartNumber });
  };
  try {
    await send(first);
    for await (const part of others) await send(part);
    await client.send(new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: sent } }), abort);
  } catch (error) {
    // The parts of an abandoned upload are stored and billed until somebody removes them.
    await client.send(new s3.AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

/** Cuts text into parts of at least PART_BYTES; the last one may be smaller. */
async function* partsOf(text: Text): AsyncGenerator<Buffer, undefined> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const chunk of text) {
    const bytes = Buffer.from(chunk);
    waiting.push(bytes);
    size += bytes.length;
    if (size < PART_BYTES) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(waiting);
  return undefined;
}
