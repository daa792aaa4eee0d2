import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import {
  AccessDeniedError,
  MalformedContentError,
  NotFoundError,
  RateLimitedError,
  RegistryUnavailableError,
  SlimboardError,
  TooLargeError,
} from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { verifyDigest } from '../../oci/digest.ts';
import { parseRegistryHost } from '../../oci/reference.ts';
import type { ListedRepository } from '../registry.ts';
import type { EcrClient } from './client.ts';
import { isNetworkError, THROTTLED_DELAY_MS } from './errors.ts';
import { runGoverned } from './governed.ts';
import { ecrLocationOf } from './hosts.ts';
import type { EcrOptions } from './options.ts';
import { DEFAULT_RETRY_BUDGET, withRetries } from './retry.ts';

type Answer = Dispatcher.ResponseData;

const ANSWER_TIMEOUT_MS = 30_000;
/** Of an error's body: enough for its code. */
const MAX_ERROR_BYTES = 4_096;

/**
 * Reads blobs where ECR keeps them: each from a presigned URL of S3. Its query is a credential, so it is in no message,
 * and no header of ours goes with it. Costs two requests a blob, as the registry's own endpoint does, and no token.
 */
export class EcrBlobReader {
  readonly #options: EcrOptions;
  readonly #agent = new Agent({ headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });

  constructor(options: EcrOptions) {
    this.#options = options;
  }

  /** @throws TooLargeError over `maxBytes`, or over the size that the descriptor states */
  async readBlob(
    client: EcrClient,
    repository: ListedRepository,
    blob: Descriptor,
    { maxBytes, signal }: { readonly maxBytes: number; readonly signal: AbortSignal | undefined },
  ): Promise<Uint8Array> {
    const what = nameOf(client, repository, blob);
    if (blob.size > maxBytes) throw new TooLargeError(`${what}: ${blob.size} bytes, at most ${maxBytes} are read`);
    return this.#retried(signal, async () => {
      const body = await this.#open(client, repository, blob, signal);
      const bytes = await readAtMost(body, blob.size, what);
      verifyDigest(bytes, blob.digest, what);
      return bytes;
    });
  }

  openBlob(
    client: EcrClient,
    repository: ListedRepository,
    blob: Descriptor,
    signal: AbortSignal | undefined,
  ): Promise<Readable> {
    return this.#retried(signal, () => this.#open(client, repository, blob, signal));
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  #retried<T>(signal: AbortSignal | undefined, attempt: () => Promise<T>): Promise<T> {
    const named = async (): Promise<T> => {
      try {
        return await attempt();
      } catch (error) {
        signal?.throwIfAborted();
        throw toBlobError(error);
      }
    };
    return withRetries(named, this.#options.retry ?? DEFAULT_RETRY_BUDGET, signal);
  }

  /** A URL may expire between the two requests, when a governor makes the second one wait: then once more. */
  async #open(
    client: EcrClient,
    repository: ListedRepository,
    blob: Descriptor,
    signal: AbortSignal | undefined,
  ): Promise<Readable> {
    const what = nameOf(client, repository, blob);
    for (const last of [false, true]) {
      const url = await findDownloadUrl(client, repository, blob, signal);
      const answer = await this.#get(url, signal);
      if (answer.statusCode === 200) return answer.body;
      const error = await readError(answer, url, what);
      if (last || !(error instanceof AccessDeniedError)) throw error;
    }
    throw new RegistryUnavailableError(`${what}: no answer`);
  }

  #get(url: URL, signal: AbortSignal | undefined): Promise<Answer> {
    return runGoverned(
      this.#options,
      { operation: 'GetBlob', host: parseRegistryHost(url.host), signal },
      () => request(url, { dispatcher: this.#agent, ...(signal ? { signal } : {}) }),
      {
        ofResult: ({ statusCode }) => ({ status: statusCode, throttled: statusCode === 429 || statusCode === 503 }),
        ofError: () => ({ throttled: false }),
      },
    );
  }
}

async function findDownloadUrl(
  client: EcrClient,
  repository: ListedRepository,
  blob: Descriptor,
  signal: AbortSignal | undefined,
): Promise<URL> {
  const { downloadUrl } = await client.call(
    'GetDownloadUrlForLayer',
    {
      registryId: ecrLocationOf(repository.registry).account,
      repositoryName: repository.name,
      layerDigest: blob.digest,
    },
    { repository: repository.name, signal },
  );
  if (!downloadUrl || !/^https?:/.test(downloadUrl) || !URL.canParse(downloadUrl)) {
    throw new MalformedContentError(`${nameOf(client, repository, blob)}: ECR gave no URL to read it from`);
  }
  return new URL(downloadUrl);
}

function nameOf(client: EcrClient, repository: ListedRepository, blob: Descriptor): string {
  return `${client.arnOf(repository.name)}@${blob.digest}`;
}

/** Counts what comes, whatever the answer's headers say. */
async function readAtMost(body: Readable, maxBytes: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw new TooLargeError(`${what}: more than the ${maxBytes} bytes that it should have`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

async function readError(answer: Answer, url: URL, what: string): Promise<Error> {
  const code = await readErrorCode(answer.body);
  const why = `${url.host} answers HTTP ${answer.statusCode}${code ? ` ${code}` : ''}`;
  const status = answer.statusCode;
  if (status === 429 || code === 'SlowDown') return new RateLimitedError(`${what}: ${why}`, THROTTLED_DELAY_MS);
  if (status === 401 || status === 403) return new AccessDeniedError(`${what}: ${why} to the URL that ECR gave for it`);
  if (status === 404) return new NotFoundError(`${what}: ${why}`);
  return new RegistryUnavailableError(`${what}: ${why}`);
}

/** The code in S3's XML, and nothing else of it: the text may repeat the request. */
async function readErrorCode(body: Readable): Promise<string | undefined> {
  let text = '';
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('latin1');
    if (text.length > MAX_ERROR_BYTES) break;
  }
  return /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1];
}

function toBlobError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof SlimboardError || !isTransportError(error)) return error;
  return new RegistryUnavailableError(`A blob could not be read from S3 (${error.name}: ${error.message})`, {
    cause: error,
  });
}

/** undici's own codes start with UND_ERR. */
function isTransportError(error: Error & { readonly code?: unknown }): boolean {
  return String(error.code).startsWith('UND_ERR') || isNetworkError(error);
}
