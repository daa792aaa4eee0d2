import type { S3Client } from '@aws-sdk/client-s3';
import { codeOf, messageOf } from '../errors.ts';
import { connectionError } from '../network/connection-error.ts';
import { openS3 } from './open-s3.ts';

/** What could be told of a bucket without writing to it. */
export interface BucketCheck {
  readonly status: 'ok' | 'warning' | 'error';
  readonly message: string;
}

/** The parts of an error of the SDK that say what the store answered; without an answer, there are none. */
interface Refusal extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const SILENT_FOR_MS = 10_000;

const CREDENTIALS: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
]);

/** Checks, without writing anything, what an upload of reports into a bucket needs. */
export async function checkBucket(bucket: string, signal: AbortSignal): Promise<BucketCheck> {
  const { s3, client } = await openS3(SILENT_FOR_MS);
  try {
    const missing = await whatIsMissing(client);
    if (missing !== undefined) return { status: 'error', message: missing };
    // HeadBucket needs the same permission, but a refusal of HEAD has no body to say why.
    await client.send(new s3.ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }), { abortSignal: signal });
    const message = `the bucket is there, and may be listed; whether reports may be written to it (s3:PutObject) shows only when one is`;
    return { status: 'ok', message };
  } catch (error) {
    signal.throwIfAborted();
    return explain(error as Refusal, await client.config.region());
  } finally {
    client.destroy();
  }
}

async function whatIsMissing({ config }: S3Client): Promise<string | undefined> {
  try {
    await config.region();
  } catch {
    return 'there is no AWS region: set AWS_REGION, or region in the profile that AWS_PROFILE names';
  }
  try {
    await config.credentials();
    return undefined;
  } catch (error) {
    const reason = messageOf(error).split('\n', 1)[0];
    return `there are no usable AWS credentials (${reason}): check the profile (AWS_PROFILE), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role`;
  }
}

function explain(error: Refusal, region: string): BucketCheck {
  const status = error.$metadata?.httpStatusCode;
  const home = error.$response?.headers?.['x-amz-bucket-region'];
  const reason = `HTTP ${status}, ${error.name}: ${error.message}`;
  if (status === undefined) return { status: 'error', message: unanswered(error) };
  if (home !== undefined && home !== region)
    return {
      status: 'error',
      message: `the bucket is in ${home}, and requests go to ${region}: set AWS_REGION=${home}`,
    };
  if (error.name === 'NoSuchBucket')
    return { status: 'error', message: 'there is no such bucket: check its name, or make it' };
  if (CREDENTIALS.has(error.name))
    return {
      status: 'error',
      message: `the credentials are refused (${reason}): renew them, or correct this machine's clock`,
    };
  if (status === 403)
    return {
      status: 'warning',
      message: `the bucket may not be listed (${reason}), which delivery does not need: it needs s3:PutObject. If nobody has allowed that, or the bucket is another account's, reports will not be written`,
    };
  return { status: 'error', message: `no usable answer (${reason})` };
}

function unanswered(error: Error): string {
  const cause = connectionError(error);
  const code = codeOf(cause);
  const reason = `${error.name}: ${messageOf(cause)}`;
  if (!code && error.name !== 'TimeoutError') return `cannot be checked (${reason})`;
  const endpoint = process.env.AWS_ENDPOINT_URL_S3;
  const where = endpoint === undefined ? 'S3' : 'the store that AWS_ENDPOINT_URL_S3 names';
  return `cannot reach ${where} (${code || reason}): check its address, network, firewall and proxies`;
}
