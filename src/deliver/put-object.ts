import type { CompletedPart, CreateMultipartUploadCommandInput } from '@aws-sdk/client-s3';
import type { Destination } from '../settings/destination.ts';
import { type OpenS3, openS3 } from './open-s3.ts';
import type { Text, WriteOptions } from './write-destination.ts';

/** S3 requires at least 5 MiB for every part but the last. @see AWS, "Multipart upload limits" */
const PART_BYTES = 8 * 1_048_576;

const SILENT_FOR_MS = 30_000;

/** Uploads an object, in parts if it is large; it appears whole when the upload is complete. */
export async function putObject(
  { bucket, key }: Extract<Destination, { kind: 's3' }>,
  text: Text,
  { contentType, signal, silentForMs = SILENT_FOR_MS }: WriteOptions,
): Promise<void> {
  const opened = await openS3(silentForMs);
  const { s3, client } = opened;
  const object = { Bucket: bucket, Key: key, ContentType: contentType };
  const parts = partsOf(text);
  try {
    const first = (await parts.next()).value ?? Buffer.alloc(0);
    if (first.length >= PART_BYTES) await uploadInParts(opened, object, inTurn(first, parts), signal);
    else await client.send(new s3.PutObjectCommand({ ...object, Body: first }), { abortSignal: signal });
  } finally {
    client.destroy();
    // After a failure, the text may not have been read to its end.
    await parts.return(undefined);
  }
}

async function uploadInParts(
  { s3, client }: OpenS3,
  object: CreateMultipartUploadCommandInput,
  parts: AsyncIterable<Buffer>,
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
    for await (const part of parts) await send(part);
    await client.send(new s3.CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: sent } }), abort);
  } catch (error) {
    // The parts of an abandoned upload are stored and billed until somebody removes them.
    await client.send(new s3.AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

async function* inTurn(first: Buffer, others: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* others;
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
