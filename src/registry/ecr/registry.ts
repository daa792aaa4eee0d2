import {
  AuthenticationError,
  InvalidReferenceError,
  RateLimitedError,
  type Retry,
  SlimboardError,
} from '../../errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { RegistryHost, Tag } from '../../oci/reference.ts';
import type {
  CallOptions,
  DedupScope,
  FetchedManifest,
  ListedManifest,
  ListedRepository,
  ListOptions,
  Registry,
} from '../registry.ts';
import { EcrBlobReader } from './blobs.ts';
import { type EcrClient, openEcrClients } from './client.ts';
import { isAnswered } from './errors.ts';
import { ecrLocationOf } from './hosts.ts';
import { listImages, resolveTag } from './images.ts';
import { readByDigest } from './manifests.ts';
import type { EcrOptions } from './options.ts';
import { listRepositories } from './repositories.ts';

/**
 * Opens the private ECR registries of one account, one in each region. Sends nothing to ECR yet.
 * @throws SettingsError when an account or region is invalid, or no region is set anywhere
 */
export async function openEcrRegistry(options: EcrOptions): Promise<Registry> {
  return new EcrRegistry(options, await openEcrClients(options));
}

class EcrRegistry implements Registry {
  readonly #options: EcrOptions;
  readonly #clients: readonly EcrClient[];
  readonly #blobs: EcrBlobReader;

  constructor(options: EcrOptions, clients: readonly EcrClient[]) {
    this.#options = options;
    this.#clients = clients;
    this.#blobs = new EcrBlobReader(options);
  }

  /** Lists all regions. One that fails does not hide the others: its error is thrown at the end. */
  async *listRepositories(options: ListOptions): AsyncGenerator<readonly ListedRepository[]> {
    const failures: RegionFailure[] = [];
    for (const client of this.#clients) {
      try {
        yield* listRepositories(client, this.#options, options);
        options.onListed?.((host) => client.serves(host));
      } catch (error) {
        if (!(error instanceof SlimboardError) || isWithoutCredentials(error)) throw error;
        failures.push({ region: client.region, error });
      }
    }
    const failure = failureOfAll(failures, this.#clients.length);
    if (failure) throw failure;
  }

  listManifests(repository: ListedRepository, options: ListOptions): AsyncIterable<readonly ListedManifest[]> {
    return listImages(this.#clientOf(repository.registry), repository, options);
  }

  async readTag(
    repository: ListedRepository,
    tag: Tag,
    known: Digest | undefined,
    { signal }: CallOptions,
  ): Promise<FetchedManifest | Digest> {
    const digest = await resolveTag(this.#clientOf(repository.registry), repository, tag, signal);
    if (known !== undefined) return digest;
    const read = (await this.readManifests(repository, [digest], { signal })).get(digest);
    if (!read) throw new Error(`${digest} was asked for, and is neither read nor failed`);
    if (read instanceof Error) throw read;
    return read;
  }

  readManifests(
    repository: ListedRepository,
    digests: readonly Digest[],
    { signal }: CallOptions,
  ): Promise<ReadonlyMap<Digest, FetchedManifest | Error>> {
    return readByDigest(this.#clientOf(repository.registry), repository, digests, signal);
  }

  readBlob(repository: ListedRepository, blob: Descriptor, options: CallOptions & { maxBytes: number }) {
    const client = this.#clientOf(repository.registry);
    return this.#blobs.readBlob({ client, repository, blob, signal: options.signal }, options.maxBytes);
  }

  openBlob(repository: ListedRepository, blob: Descriptor, { signal }: CallOptions) {
    return this.#blobs.openBlob({ client: this.#clientOf(repository.registry), repository, blob, signal });
  }

  /**
   * The whole registry if blob mounting is on in every region, otherwise a repository. Undefined, with a note, if that cannot
   * be read.
   * @throws RateLimitedError
   * @see Amazon ECR user guide, "Blob mounting"
   */
  async dedupScope({ signal }: CallOptions): Promise<DedupScope | undefined> {
    const read = (client: EcrClient) => client.call('GetAccountSetting', { name: 'BLOB_MOUNTING' }, { signal });
    try {
      const settings = await Promise.all(this.#clients.map(read));
      return settings.every(({ value }) => value === 'ENABLED') ? 'registry' : 'repository';
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof SlimboardError) || error instanceof RateLimitedError) throw error;
      this.#options.onNote?.(`Cannot read whether ECR shares blobs between repositories: ${error.message}`);
      return undefined;
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.#blobs.close();
  }

  /** The host names account and region, so a worker that has listed nothing knows which client to use. */
  #clientOf(host: RegistryHost): EcrClient {
    const { account, region } = ecrLocationOf(host);
    const client = this.#clients.find((candidate) => candidate.region === region);
    if (!client)
      throw new InvalidReferenceError(`${host} is in none of this source's regions: add ${region} to "regions"`);
    client.learnAccount(account);
    return client;
  }
}

interface RegionFailure {
  readonly region: string;
  readonly error: SlimboardError;
}

/** Whether no request could be sent for lack of credentials: other regions would fail in the same way. */
function isWithoutCredentials(error: SlimboardError): boolean {
  return error instanceof AuthenticationError && !isAnswered(error.cause);
}

/** The failure of one region or of several together, to be retried if one of them is. */
function failureOfAll(failures: readonly RegionFailure[], regions: number): SlimboardError | undefined {
  const [first] = failures;
  const isRefused = failures.length === regions && failures.every(({ error }) => error instanceof AuthenticationError);
  if (!first || regions === 1 || isRefused) return first?.error;
  const withRetry = (kind: Retry['kind']) => failures.find(({ error }) => error.retry.kind === kind);
  const { code, retry } = (withRetry('after') ?? withRetry('backoff') ?? first).error;
  return new SlimboardError(code, failures.map(describe).join('; '), { retry, cause: first.error });
}

function describe({ region, error }: RegionFailure): string {
  const perhapsDisabled = error instanceof AuthenticationError;
  const advice = ', or, if other regions accept them, enable this region for the account or remove it from "regions"';
  return `${region}: ${error.message}${perhapsDisabled ? advice : ''}`;
}
