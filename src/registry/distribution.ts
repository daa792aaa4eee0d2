import type { Readable } from 'node:stream';
import { compileGlobs } from '../common/glob.ts';
import {
  AccessDeniedError,
  AuthenticationError,
  asItemFailure,
  ContentMismatchError,
  MalformedContentError,
  NotFoundError,
  SettingsError,
  SlimboardError,
  UnknownRepositoryError,
  UnsupportedContentError,
} from '../errors.ts';
import { checkSize, type Descriptor, verifyContent } from '../oci/descriptor.ts';
import { type Digest, digestOf, isDigest, verifyDigest } from '../oci/digest.ts';
import { digestedContent, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { bareMediaType, MANIFEST_MEDIA_TYPES, MEDIA_TYPE } from '../oci/media-type.ts';
import {
  isRepositoryName,
  parseRepositoryName,
  parseTag,
  type RegistryHost,
  type RepositoryName,
  type Tag,
} from '../oci/reference.ts';
import { CATALOG, type Scope } from './auth/token-server.ts';
import { DistributionClient, type DistributionClientOptions } from './distribution-client.ts';
import type { Answer } from './exchange.ts';
import { nameKeeper } from './keep-names.ts';
import { listNames, MAX_PAGE_BYTES, PAGE_SIZE } from './paging.ts';
import { rateLimitsOf } from './rate-limit-headers.ts';
import type {
  CallOptions,
  FetchedManifest,
  ListedManifest,
  ListedRepository,
  ListOptions,
  Registry,
  RequestLimit,
} from './registry.ts';

/** How to reach and read an OCI registry. */
export interface DistributionOptions extends DistributionClientOptions {
  /** Names of repositories, or globs, which need `_catalog` (`team-a/**`); absent: all of `_catalog`. */
  readonly repositories?: readonly string[] | undefined;
}

/** After so many the registry is asked by GET alone. A single one may be an answer of a proxy. */
const MAX_FAILED_HEADS = 3;

/** With OCI artifact manifests, which Amazon ECR never took: Azure answers 404 unless their media type is accepted. */
const ACCEPT_MANIFESTS = [...MANIFEST_MEDIA_TYPES, MEDIA_TYPE.ociArtifact].join(', ');

/**
 * Opens a registry that speaks the OCI distribution API (1.0, 1.1; Docker's v2). It is only asked by GET and HEAD.
 * @throws SettingsError when the `caFile` cannot be read
 */
export function openDistributionRegistry(options: DistributionOptions): Registry {
  return new DistributionRegistry(options);
}

class DistributionRegistry implements Registry {
  readonly #registry: RegistryHost;
  readonly #patterns: readonly string[] | undefined;
  readonly #client: DistributionClient;
  readonly #onNote: ((note: string) => void) | undefined;
  /** How many HEAD requests in a row did not tell the digest that a GET then told. */
  #failedHeads = 0;

  constructor(options: DistributionOptions) {
    this.#registry = options.registry;
    this.#patterns = options.repositories;
    this.#onNote = options.onNote;
    this.#client = new DistributionClient(options);
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async *listRepositories(options: ListOptions): AsyncGenerator<readonly ListedRepository[]> {
    yield* this.#repositories(options);
    options.onListed?.(() => true);
  }

  async *#repositories(options: ListOptions): AsyncGenerator<readonly ListedRepository[]> {
    const patterns = this.#patterns ?? ['**'];
    const names = new Set(patterns.filter(isRepositoryName));
    if (names.size > 0) yield [...names].map((name) => this.#listed(name));
    const globs = patterns.filter((pattern) => !isRepositoryName(pattern));
    if (globs.length === 0) return;
    const matches = this.#patterns ? compileGlobs(globs) : () => true;
    for await (const page of this.#catalog(options)) {
      yield page.filter((name) => matches(name) && !names.has(name)).map((name) => this.#listed(name));
    }
  }

  async *listManifests(repository: ListedRepository, options: ListOptions): AsyncGenerator<readonly ListedManifest[]> {
    const { name } = repository;
    const what = `${this.#registry}/${name}: list of tags`;
    const pages = this.#pages(`${name}/tags/list`, 'tags', { ...options, what, scope: pullScope(name) });
    const keep = nameKeeper(what, parseTag, options);
    let isFirst = true;
    try {
      for await (const page of pages) {
        isFirst = false;
        yield keep(page).map((tag) => ({ tag }));
      }
    } catch (error) {
      // The catalog of distribution 3, and of 2 on S3, still lists a repository whose last tag was removed.
      const isEmpty = error instanceof UnknownRepositoryError && isFirst && !this.#patterns?.includes(name);
      if (!isEmpty) throw error;
    }
  }

  async readTag(
    repository: ListedRepository,
    tag: Tag,
    known: Digest | undefined,
    options: CallOptions,
  ): Promise<FetchedManifest | Digest> {
    const stated = known && (await this.#findDigest(repository.name, tag, known, options));
    if (stated) {
      this.#failedHeads = 0;
      return stated;
    }
    const answer = await this.#askManifest('GET', repository.name, tag, { ...options, known });
    if (known) this.#failedHeads++;
    const what = this.#nameOf(repository.name, tag);
    if (answer.status !== 304) return asManifest(answer, what);
    if (known) return known;
    throw new MalformedContentError(`${what}: the registry says "not modified" to an unconditional request`);
  }

  /** Docker Hub announces its limit with manifests only, and does not count HEAD. */
  async readLimit({ name }: ListedRepository, tag: Tag, options: CallOptions): Promise<RequestLimit> {
    return rateLimitsOf((await this.#askManifest('HEAD', name, tag, options)).headers, Date.now());
  }

  async readManifests(
    repository: ListedRepository,
    digests: readonly Digest[],
    options: CallOptions,
  ): Promise<ReadonlyMap<Digest, FetchedManifest | Error>> {
    const read = async (digest: Digest): Promise<[Digest, FetchedManifest | Error]> => [
      digest,
      await this.#readManifest(repository.name, digest, options).catch(asItemFailure),
    ];
    return new Map(await Promise.all(digests.map(read)));
  }

  async readBlob(
    repository: ListedRepository,
    blob: Descriptor,
    options: CallOptions & { maxBytes: number },
  ): Promise<Uint8Array> {
    const [url, request] = this.#blobRequest(repository.name, blob, options);
    checkSize(blob, options.maxBytes, request.what);
    const { body } = await this.#client.get(url, request);
    verifyContent(body, blob, request.what);
    return body;
  }

  async openBlob(repository: ListedRepository, blob: Descriptor, options: CallOptions): Promise<Readable> {
    const [url, request] = this.#blobRequest(repository.name, blob, options);
    const { stream } = await this.#client.open(url, request);
    if (!stream) throw new ContentMismatchError(`${request.what}: the registry sent no content`);
    return stream;
  }

  #blobRequest(name: RepositoryName, { digest, size }: Descriptor, { signal }: CallOptions) {
    const request = { what: this.#nameOf(name, digest), scope: pullScope(name), maxBytes: size, signal };
    return [this.#client.url(`${name}/blobs/${digest}`), request] as const;
  }

  /** The names in a field of a list, page by page. */
  #pages(path: string, field: string, { what, scope, signal }: CallOptions & { what: string; scope: Scope }) {
    const first = this.#client.url(`${path}?n=${PAGE_SIZE}`);
    return listNames({ first, field, what }, (url) =>
      this.#client.getPage(url, { what, scope, maxBytes: MAX_PAGE_BYTES, signal }),
    );
  }

  async *#catalog(options: ListOptions): AsyncGenerator<readonly RepositoryName[]> {
    const what = `${this.#registry}: list of repositories (_catalog)`;
    const pages = this.#pages('_catalog', 'repositories', { ...options, what, scope: CATALOG });
    const keep = nameKeeper(what, parseRepositoryName, options);
    let isEmpty = true;
    try {
      for await (const page of pages) {
        isEmpty = false;
        yield keep(page);
      }
    } catch (error) {
      throw withoutCatalog(error);
    }
    // Google Artifact Registry always says so, and others do to those who may read nothing.
    if (isEmpty) this.#onNote?.(`${what} is empty: check what these credentials may read, or ${NAME_THEM}`);
  }

  async #readManifest(name: RepositoryName, digest: Digest, options: CallOptions): Promise<FetchedManifest> {
    return asManifest(await this.#askManifest('GET', name, digest, options), this.#nameOf(name, digest), digest);
  }

  #askManifest(
    method: 'GET' | 'HEAD',
    name: RepositoryName,
    reference: Tag | Digest,
    { signal, known }: CallOptions & { readonly known?: Digest | undefined },
  ): Promise<Answer> {
    // distribution and Harbor compare it before they read the manifest.
    const condition = known ? { 'if-none-match': `"${known}"` } : {};
    return this.#client.get(this.#client.url(`${name}/manifests/${reference}`), {
      method,
      what: this.#nameOf(name, reference),
      scope: pullScope(name),
      headers: { accept: ACCEPT_MANIFESTS, ...condition },
      maxBytes: MAX_MANIFEST_BYTES,
      signal,
    });
  }

  /**
   * The digest that a tag names, by HEAD: a GET is a pull, which counts against limits (Docker Hub) or saves an image
   * from rules that remove what nobody pulls (Harbor, zot). Undefined where HEAD does not tell it (some versions of Nexus
   * answer 404) or is refused: its answer has no body that would say why.
   */
  async #findDigest(name: RepositoryName, tag: Tag, known: Digest, options: CallOptions): Promise<Digest | undefined> {
    if (this.#failedHeads >= MAX_FAILED_HEADS) return undefined;
    try {
      const { status, headers } = await this.#askManifest('HEAD', name, tag, { ...options, known });
      return status === 304 ? known : digestHeader(headers);
    } catch (error) {
      if (error instanceof SlimboardError && error.retry.kind === 'never') return undefined;
      throw error;
    }
  }

  #listed(name: RepositoryName): ListedRepository {
    return { name, registry: this.#registry };
  }

  #nameOf(name: RepositoryName, reference: Tag | Digest): string {
    return `${this.#registry}/${name}${isDigest(reference) ? '@' : ':'}${reference}`;
  }
}

function pullScope(name: RepositoryName): Scope {
  return `repository:${name}:pull`;
}

/** The manifest in an answer, verified against the digest that it was asked for by, or else the one that the answer states. */
function asManifest({ body, headers }: Answer, what: string, wanted = digestHeader(headers)): FetchedManifest {
  const mediaType = bareMediaType(headers['content-type']);
  const content = digestedContent(body, mediaType);
  if (wanted) verifyDigest(content, wanted, what);
  return { digest: wanted ?? digestOf(content), mediaType, body: content };
}

/** The digest that an answer states. It is optional, and 304s of distribution 2.8 lack it. */
function digestHeader(headers: Answer['headers']): Digest | undefined {
  const value = headers['docker-content-digest'];
  return typeof value === 'string' && isDigest(value) ? value : undefined;
}

const NAME_THEM = 'name the repositories in the source\'s "repositories", without wildcards';

/** The error for a catalog that cannot be read: most keep their class, and the message says what may help besides. */
function withoutCatalog(error: unknown): unknown {
  if (!(error instanceof SlimboardError)) return error;
  const kept = [AuthenticationError, AccessDeniedError, MalformedContentError].find((type) => error instanceof type);
  const isLacking = error instanceof NotFoundError || error instanceof UnsupportedContentError;
  if (!kept && !isLacking) return error;
  return new (kept ?? SettingsError)(`${error.message}; if only this list fails, ${NAME_THEM}`, { cause: error });
}
