import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DeliveryError, messageOf } from '../errors.ts';
import { makeFolder } from '../make-folder.ts';
import { type Destination, formatDestination } from '../settings/destination.ts';

/**
 * Writes text so that readers find the old report or the new one, never a part.
 * @throws DeliveryError naming the destination
 */
export async function write(
  destination: Destination,
  text: AsyncIterable<string> | Iterable<string>,
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
 * Into a file of another name in the same folder, flushed, then renamed: the name is of a whole report, always. Where a
 * link leads to a file, that file is the one, and nobody else may read it than before; into a device or a pipe it is
 * written, for a rename would put a file there.
 */
export async function writeFileAtomically(
  path: string,
  text: AsyncIterable<string> | Iterable<string>,
  signal?: AbortSignal,
): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found && !found.isFile()) return writeInto(path, 'w', text, signal);
  const target = found ? await realpath(path) : path;
  await makeFolder(dirname(target));
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    await writeInto(temporary, 'wx', text, signal, found && found.mode & 0o777);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeInto(
  path: string,
  flags: 'w' | 'wx',
  text: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal | undefined,
  mode?: number,
): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    await writeFile(file, text, { encoding: 'utf8', ...(signal && { signal }) });
    // Devices and pipes have nothing to flush.
    if (flags === 'wx') await file.sync();
  } finally {
    await file.close();
  }
}

/** S3 takes parts of 5 MiB and more, but for the last one. @see AWS, "Multipart upload limits" */
const PART_BYTES = 8 * 1_048_576;

/**
 * An object appears whole when its last part is confirmed. Credentials and region are AWS's usual ones; endpoints of
 * other stores come from AWS_ENDPOINT_URL_S3.
 */
async function putObject(
  { bucket, key }: Extract<Destination, { kind: 's3' }>,
  text: AsyncIterable<string> | Iterable<string>,
  contentType: string,
  signal: AbortSignal,
): Promise<void> {
  const s3 = await import('@aws-sdk/client-s3');
  const pathStyle = process.env.AWS_ENDPOINT_URL_S3 !== undefined;
  const client = new s3.S3Client({ forcePathStyle: pathStyle });
  const place = { Bucket: bucket, Key: key };
  const abort = { abortSignal: signal };
  let upload: string | undefined;
  const parts: { ETag: string | undefined; PartNumber: number }[] = [];
  const sendPart = async (body: Buffer): Promise<void> => {
    upload ??= (await client.send(new s3.CreateMultipartUploadCommand({ ...place, ContentType: contentType }), abort))
      .UploadId;
    const PartNumber = parts.length + 1;
    const part = { ...place, UploadId: upload, PartNumber, Body: body };
    parts.push({ ETag: (await client.send(new s3.UploadPartCommand(part), abort)).ETag, PartNumber });
  };
  try {
    const rest = await inParts(text, sendPart);
    if (upload === undefined) {
      await client.send(new s3.PutObjectCommand({ ...place, Body: rest, ContentType: contentType }), abort);
      return;
    }
    if (rest.length > 0) await sendPart(rest);
    const whole = { ...place, UploadId: upload, MultipartUpload: { Parts: parts } };
    await client.send(new s3.CompleteMultipartUploadCommand(whole), abort);
  } catch (error) {
    // Parts of an upload that was given up are stored, and paid for, until somebody removes them.
    if (upload !== undefined)
      await client.send(new s3.AbortMultipartUploadCommand({ ...place, UploadId: upload })).catch(() => undefined);
    throw error;
  } finally {
    client.destroy();
  }
}

/** Hands over parts of the size that S3 wants. @returns what is left at the end */
async function inParts(
  text: AsyncIterable<string> | Iterable<string>,
  send: (part: Buffer) => Promise<void>,
): Promise<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for await (const chunk of text) {
    const bytes = Buffer.from(chunk);
    waiting.push(bytes);
    size += bytes.length;
    if (size < PART_BYTES) continue;
    await send(Buffer.concat(waiting));
    waiting = [];
    size = 0;
  }
  return Buffer.concat(waiting);
}
