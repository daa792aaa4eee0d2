import type { IncomingMessage } from 'node:http';
import type { FakeBlobRequest } from './fake-ecr.ts';

/** The S3 host of the fake: it serves presigned URLs, which allow GET only. */
export interface BlobHost {
  url: string;
  /** Blobs by the path of their URL. */
  readonly contents: Map<string, Buffer>;
  readonly requests: FakeBlobRequest[];
  /** URLs of an earlier epoch have expired. */
  urlEpoch: number;
  /** How many of the next requests get a 503. */
  slowDowns: number;
}

/** The secret part of each URL, which must appear in requests only: tests search logs and messages for it. */
export const FAKE_SIGNATURE = 'f0e1d2c3b4a5-presigned-secret';

export function presign(host: BlobHost, path: string): string {
  return `${host.url}${path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&epoch=${host.urlEpoch}&X-Amz-Signature=${FAKE_SIGNATURE}`;
}

export interface BlobAnswer {
  readonly status: number;
  readonly body: string | Buffer;
}

export function answerBlob(host: BlobHost, request: IncomingMessage): BlobAnswer {
  const url = new URL(request.url ?? '/', host.url);
  host.requests.push({ method: request.method ?? '', headers: request.headers });
  if (request.headers.authorization) return refusal(400, 'InvalidArgument', 'Only one auth mechanism allowed');
  if (request.method !== 'GET' || url.searchParams.get('X-Amz-Signature') !== FAKE_SIGNATURE) {
    return refusal(403, 'SignatureDoesNotMatch', 'The request signature does not match');
  }
  if (Number(url.searchParams.get('epoch')) < host.urlEpoch) return refusal(403, 'AccessDenied', 'Request has expired');
  if (host.slowDowns > 0) {
    host.slowDowns -= 1;
    return refusal(503, 'SlowDown', 'Please reduce your request rate');
  }
  const content = host.contents.get(url.pathname);
  return content ? { status: 200, body: content } : refusal(404, 'NoSuchKey', 'The specified key does not exist');
}

function refusal(status: number, code: string, message: string): BlobAnswer {
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>` };
}
