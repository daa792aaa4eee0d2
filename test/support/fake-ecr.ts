import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as wholeText } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeServer } from '../../src/network/http-server.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { answerBlob, type BlobHost } from './fake-ecr-blobs.ts';
import { answerOperation, EcrFault, type FakeRepository } from './fake-ecr-operations.ts';
import { FakeSts, type StsOptions } from './fake-ecr-sts.ts';
import { listenOnFreePort } from './free-port.ts';
import type { BuiltManifest } from './image-builder.ts';

export interface FakeEcrOptions extends StsOptions {
  readonly account?: string;
  /** The most entries of a page, even if maxResults asks for more. */
  readonly pageSize?: number;
  /** The most manifests in a response; the others are silently left out. */
  readonly imagesPerAnswer?: number;
  readonly blobMounting?: boolean;
  readonly pullTimeExclusions?: readonly string[];
  /** The delay of each API response. */
  readonly latencyMs?: number;
}

export interface PushInput {
  readonly tags?: readonly string[];
  readonly region?: string;
  readonly status?: 'ACTIVE' | 'ARCHIVED' | 'ACTIVATING';
  readonly pushedAt?: number;
  readonly pulledAt?: number;
  /** When it was last restored from the archive. */
  readonly restoredAt?: number;
  readonly subject?: Digest;
}

/** A call that the API received. */
export interface FakeCall {
  readonly operation: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface FakeBlobRequest {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
}

/** Which calls fail. */
export interface FaultMatch {
  readonly operation: string;
  readonly repository?: string;
  readonly region?: string;
  /** Only every nth call fails; default: every call. */
  readonly every?: number;
  /** How many calls fail; default: all. */
  readonly times?: number;
}

/** A response that does not come from ECR itself; `cut` closes the connection. */
export type RawAnswer =
  | 'cut'
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> };

/** The contents of the fake. */
export interface FakeState {
  readonly account: string;
  readonly options: FakeEcrOptions;
  /** Repositories by region and name. */
  readonly regions: Map<string, Map<string, FakeRepository>>;
  readonly blobs: BlobHost;
  /** Page tokens of an earlier epoch are invalid. */
  tokenEpoch: number;
}

export const FAKE_ACCOUNT = '123456789012';
export const FAKE_REGION = 'eu-west-1';
const TARGET_PREFIX = 'AmazonEC2ContainerRegistry_V20150921.';
const SIGNATURE = /Credential=([^/]+)\/[0-9]+\/([^/]+)\/ecr\/aws4_request/;

interface ActiveFault extends FaultMatch {
  seen: number;
  struck: number;
  readonly error: EcrFault;
}

/**
 * Amazon ECR in the test process: the AWS JSON 1.1 protocol that the SDK uses, STS's AssumeRole, and a second port that
 * serves presigned blob URLs. It enforces the limits of the service's model.
 */
export class FakeEcr {
  readonly calls: FakeCall[] = [];
  readonly #state: FakeState;
  readonly #sts: FakeSts;
  #onSilentSts: (() => void) | undefined;
  readonly #faults: ActiveFault[] = [];
  readonly #answers = new Map<string, unknown>();
  readonly #rawAnswers: RawAnswer[] = [];
  readonly #afterwards = new Map<string, () => unknown>();
  readonly #api = http.createServer((request, response) => void this.#answer(request, response));
  readonly #blobServer: http.Server;

  private constructor(options: FakeEcrOptions) {
    const blobs: BlobHost = { url: '', contents: new Map(), urlEpoch: 0, slowDowns: 0, requests: [] };
    this.#state = { account: options.account ?? FAKE_ACCOUNT, options, regions: new Map(), blobs, tokenEpoch: 0 };
    this.#sts = new FakeSts(options);
    this.#blobServer = http.createServer((request, response) => {
      const { status, body } = answerBlob(blobs, request);
      response.writeHead(status).end(body);
    });
  }

  static async start(options: FakeEcrOptions = {}): Promise<FakeEcr> {
    const fake = new FakeEcr(options);
    await listenOnFreePort(fake.#api);
    await listenOnFreePort(fake.#blobServer);
    fake.#state.blobs.url = urlOf(fake.#blobServer);
    return fake;
  }

  /** For the SDK's `endpoint`, and AWS_ENDPOINT_URL_STS. */
  get url(): string {
    return urlOf(this.#api);
  }

  get blobHost(): string {
    return new URL(this.#state.blobs.url).host;
  }

  get blobRequests(): readonly FakeBlobRequest[] {
    return this.#state.blobs.requests;
  }

  /** The number of calls by operation; requests for blobs count as `GetBlob`. */
  callCounts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { operation } of this.calls) counts[operation] = (counts[operation] ?? 0) + 1;
    return this.blobRequests.length === 0 ? counts : { ...counts, GetBlob: this.blobRequests.length };
  }

  forgetCalls(): void {
    this.calls.length = 0;
    this.#state.blobs.requests.length = 0;
  }

  createRepository(name: string, tags: Readonly<Record<string, string>> = {}, region = FAKE_REGION): FakeRepository {
    const repositories = this.#state.regions.get(region) ?? new Map<string, FakeRepository>();
    this.#state.regions.set(region, repositories);
    const arn = `arn:aws:ecr:${region}:${this.#state.account}:repository/${name}`;
    const repository: FakeRepository = { name, arn, tags, images: new Map(), blobs: new Map() };
    repositories.set(name, repository);
    return repository;
  }

  repository(name: string, region = FAKE_REGION): FakeRepository {
    return this.#state.regions.get(region)?.get(name) ?? this.createRepository(name, {}, region);
  }

  /** Adds an image with everything that it refers to; the children of an index become untagged images. */
  push(repositoryName: string, content: BuiltManifest, input: PushInput = {}): Digest {
    const {
      tags = [],
      region = FAKE_REGION,
      status = 'ACTIVE',
      pushedAt = 1_767_225_600.25,
      pulledAt,
      restoredAt,
      subject,
    } = input;
    const repository = this.repository(repositoryName, region);
    for (const child of content.children) this.push(repositoryName, child, { region });
    for (const [digest, bytes] of content.blobs) repository.blobs.set(digest, bytes);
    for (const image of repository.images.values()) for (const tag of tags) image.tags.delete(tag);
    const before = repository.images.get(content.digest);
    const allTags = new Set([...(before?.tags ?? []), ...tags]);
    repository.images.set(content.digest, { content, tags: allTags, status, pushedAt, pulledAt, restoredAt, subject });
    return content.digest;
  }

  /** Makes matching calls fail with this error. */
  fail(match: FaultMatch, error: { readonly name: string; readonly message?: string; readonly status?: number }): void {
    const fault = new EcrFault(error.name, error.message ?? 'injected', error.status ?? 400);
    this.#faults.push({ ...match, seen: 0, struck: 0, error: fault });
  }

  /** Makes an operation always return this body. */
  answer(operation: string, body: unknown): void {
    this.#answers.set(operation, body);
  }

  /** Answers the next requests with these, one each. */
  answerRaw(answers: readonly RawAnswer[]): void {
    this.#rawAnswers.push(...answers);
  }

  /** Does `work` once: when the operation's next call has been handled, before its response is sent. */
  afterCall(operation: string, work: () => unknown): void {
    this.#afterwards.set(operation, work);
  }

  /** Makes all page tokens issued so far invalid. */
  expirePageTokens(): void {
    this.#state.tokenEpoch += 1;
  }

  /** Expires all sessions that STS has created so far, and static keys. */
  expireSessions(): void {
    this.#sts.expire();
  }

  /** Makes STS answer no more; the returned promise resolves with its next request. */
  silenceSts(): Promise<void> {
    return new Promise((resolve) => {
      this.#onSilentSts = resolve;
    });
  }

  /** Expires all blob URLs issued so far. */
  expireBlobUrls(): void {
    this.#state.blobs.urlEpoch += 1;
  }

  /** Makes the blob host answer the next requests with 503. */
  slowDownBlobs(times: number): void {
    this.#state.blobs.slowDowns = times;
  }

  async close(): Promise<void> {
    await Promise.all([this.#api, this.#blobServer].map(closeServer));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await wholeText(request);
    if (request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')) {
      const form = new URLSearchParams(text);
      this.calls.push({ operation: 'AssumeRole', region: '', accessKeyId: '', input: Object.fromEntries(form) });
      if (this.#onSilentSts) return this.#onSilentSts();
      const { status, body } = this.#sts.assumeRole(form);
      response.writeHead(status, { 'content-type': 'text/xml' }).end(body);
      return;
    }
    const raw = this.#rawAnswers.shift();
    if (raw === 'cut') return void request.socket.destroy();
    if (raw) return void response.writeHead(raw.status, raw.headers).end(raw.body);
    if (this.#state.options.latencyMs) await sleep(this.#state.options.latencyMs);
    const { status, body } = this.#answerApi(request, text);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
  }

  #answerApi(request: IncomingMessage, text: string): { status: number; body: unknown } {
    try {
      const operation = String(request.headers['x-amz-target']).replace(TARGET_PREFIX, '');
      const [, accessKeyId, region] = SIGNATURE.exec(request.headers.authorization ?? '') ?? [];
      if (!accessKeyId || !region) throw new EcrFault('MissingAuthenticationTokenException', 'Missing token', 403);
      const input = JSON.parse(text) as Record<string, unknown>;
      this.calls.push({ operation, region, accessKeyId, input });
      this.#sts.check(accessKeyId);
      for (const fault of this.#faults) strike(fault, operation, region, input);
      const body = this.#answers.get(operation) ?? answerOperation(this.#state, region, operation, input);
      this.#afterwards.get(operation)?.();
      this.#afterwards.delete(operation);
      return { status: 200, body };
    } catch (error) {
      if (!(error instanceof EcrFault)) throw error;
      return { status: error.status, body: { __type: `com.amazonaws.ecr#${error.name}`, message: error.message } };
    }
  }
}

function strike(fault: ActiveFault, operation: string, region: string, input: Readonly<Record<string, unknown>>): void {
  if (fault.operation !== operation && fault.operation !== '*') return;
  if (fault.region !== undefined && fault.region !== region) return;
  const target = String(input.repositoryName ?? input.resourceArn ?? '').replace(/^.*:repository\//, '');
  if (fault.repository !== undefined && fault.repository !== target) return;
  fault.seen += 1;
  if (fault.seen % (fault.every ?? 1) !== 0 || fault.struck >= (fault.times ?? Number.POSITIVE_INFINITY)) return;
  fault.struck += 1;
  throw fault.error;
}

function urlOf(server: http.Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
