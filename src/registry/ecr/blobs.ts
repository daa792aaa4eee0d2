import type { Readable } from 'node:stream';
import { ContentMismatchError, MalformedContentError } from '../../errors.ts';
import { checkSize, type Descriptor, verifyContent } from '../../oci/descriptor.ts';
import { parseRegistryHost } from '../../oci/reference.ts';
import { Connections } from '../connections.ts';
import type { Answer } from '../exchange.ts';
import { refusalOf } from '../refusal.ts';
import type { ListedRepository } from '../registry.ts';
import type { StreamAnswer } from '../stream.ts';
import { Transport } from '../transport.ts';
import type { EcrClient } from './client.ts';
import type { EcrOptions } from './options.ts';

/** A blob of a repository, and the client to ask for it. */
interface Wanted {
  readonly client: EcrClient;
  readonly repository: ListedRepository;
  readonly blob: Descriptor;
  readonly signal: AbortSignal | undefined;
}

interface Host {
  readonly connections: Connections;
  readonly transport: Transport;
}

/**
 * Reads blobs from where ECR stores them: presigned URLs of S3. The query of such a URL is a credential, so messages
 * leave it out, and no Authorization header is sent with it. A blob takes two requests, as many as through the
 * registry's own endpoint, but no token.
 */
export class EcrBlobReader {
  readonly #options: EcrOptions;
  /** By origin: each region has its own host. */
  readonly #hosts = new Map<string, Host>();

  constructor(options: EcrOptions) {
    this.#options = options;
  }

  /**
   * A whole small blob, verified.
   * @throws TooLargeError over `maxBytes`, or over the size that the descriptor states
   */
  async readBlob(wanted: Wanted, maxBytes: number): Promise<Uint8Array> {
    const what = nameOf(wanted);
    checkSize(wanted.blob, maxBytes, what);
    const { body } = await this.#ask(wanted, (transport, request) => transport.send(request));
    verifyContent(body, wanted.blob, what);
    return body;
  }

  /** A blob as a stream, not verified. */
  async openBlob(wanted: Wanted): Promise<Readable> {
    const { stream } = await this.#ask<StreamAnswer>(wanted, (transport, request) => transport.open(request));
    if (!stream) throw new ContentMismatchError(`${nameOf(wanted)}: S3 sent no content`);
    return stream;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#hosts.values()].map(({ connections }) => connections.close()));
  }

  /** Asks for a URL and reads from it; once more if the URL expired while the governor made the second request wait. */
  async #ask<A extends Answer>(
    wanted: Wanted,
    send: (transport: Transport, request: Parameters<Transport['send']>[0]) => Promise<A>,
  ): Promise<A> {
    const what = nameOf(wanted);
    const get = async (): Promise<A> => {
      const url = await findDownloadUrl(wanted);
      const request = { method: 'GET', url, what, maxBytes: wanted.blob.size, signal: wanted.signal } as const;
      return send(this.#hostOf(url).transport, request);
    };
    const first = await get();
    const answer = first.status === 403 ? await get() : first;
    if (answer.status === 200) return answer;
    throw refusalOf(answer, what, 'the URL that ECR gave');
  }

  #hostOf(url: URL): Host {
    const known = this.#hosts.get(url.origin);
    if (known) return known;
    const registry = parseRegistryHost(url.host);
    const { proxies } = this.#options;
    const connections = new Connections(registry, { plainHttp: url.protocol === 'http:', proxies });
    const host = { connections, transport: new Transport({ ...this.#options, registry, connections }) };
    this.#hosts.set(url.origin, host);
    return host;
  }
}

async function findDownloadUrl(wanted: Wanted): Promise<URL> {
  const { client, repository, blob, signal } = wanted;
  const input = { layerDigest: blob.digest };
  const { downloadUrl } = await client.callOn('GetDownloadUrlForLayer', repository, input, signal);
  if (!downloadUrl || !/^https?:/.test(downloadUrl) || !URL.canParse(downloadUrl))
    throw new MalformedContentError(`${nameOf(wanted)}: ECR gave no URL to read it from`);
  return new URL(downloadUrl);
}

function nameOf({ repository, blob }: Wanted): string {
  return `${repository.registry}/${repository.name}@${blob.digest}`;
}
