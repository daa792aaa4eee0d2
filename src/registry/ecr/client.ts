import { setMaxListeners } from 'node:events';
import type { ECRClient, ECRClientConfig } from '@aws-sdk/client-ecr';
import { AuthenticationError, messageOf, RateLimitedError, SettingsError } from '../../errors.ts';
import { createProxyingAgents } from '../../network/agents.ts';
import { Proxies } from '../../network/proxies.ts';
import type { RegistryHost } from '../../oci/reference.ts';
import { orAborted } from '../abort.ts';
import { type Clock, sleep, systemClock } from '../clock.ts';
import { isPassing } from '../failure.ts';
import type { ListedRepository, RequestOutcome } from '../registry.ts';
import { RetryBudget } from '../retry.ts';
import { type EcrRequest, isAnswered, isExpiredCredentials, nameOf, outcomeOf, toSlimboardError } from './errors.ts';
import {
  ecrApiHost,
  ecrLocationOf,
  ecrRegistryHost,
  ecrRepositoryArn,
  findEcrLocation,
  parseAccount,
  parseRegion,
} from './hosts.ts';
import { ECR_OPERATIONS, type EcrInput, type EcrOperation, type EcrOutput, isEcrOperation } from './operations.ts';
import type { EcrOptions } from './options.ts';

type Sdk = typeof import('@aws-sdk/client-ecr');
type Credentials = NonNullable<ECRClientConfig['credentials']>;

/** Timeouts of one request; the largest answer, a hundred manifests, takes seconds. */
const CONNECTION_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/**
 * Refused credentials fail other calls for this long without asking AWS: an audit may have ten thousand calls under
 * way. Renewed credentials are tried soon enough.
 */
const REFUSAL_HOLDS_MS = 10_000;

/** Options of one call. */
export interface EcrCallOptions {
  readonly signal: AbortSignal | undefined;
  /** The repository, for operations whose IAM resource is one. */
  readonly repository?: string | undefined;
}

/** ECR's API in one region, for one account. */
export class EcrClient {
  readonly region: string;
  readonly #sdk: Sdk;
  readonly #client: ECRClient;
  readonly #options: EcrOptions;
  readonly #credentials: string;
  readonly #clock: Clock;
  #account: string | undefined;
  /** The last refusal of the credentials: every other call would get the same. */
  #refusal: { readonly error: AuthenticationError; readonly untilMs: number } | undefined;

  constructor(sdk: Sdk, region: string, options: EcrOptions, credentials: Credentials | undefined) {
    this.region = region;
    this.#sdk = sdk;
    this.#options = options;
    this.#account = options.account;
    this.#credentials = describeCredentials(options);
    this.#clock = options.clock ?? systemClock;
    this.#client = new sdk.ECRClient(clientConfig(region, options, credentials));
    allowReadsOnly(this.#client);
  }

  /** Undefined if the settings do not name it, until an answer does. */
  get account(): string | undefined {
    return this.#account;
  }

  /** Takes the account from an answer, unless it is known. */
  learnAccount(account: string | undefined): void {
    this.#account ??= account;
  }

  /** The registry's host; that of ECR's API in the region while the account is not known. */
  get host(): RegistryHost {
    const { account, region } = this;
    return account ? ecrRegistryHost({ account, region }) : ecrApiHost(region);
  }

  /** Whether a host belongs to this registry; while the account is not known, any account in the region does. */
  serves(host: RegistryHost): boolean {
    const location = findEcrLocation(host);
    return location?.region === this.region && (this.#account ?? location.account) === location.account;
  }

  arnOf(repository: string): string {
    return ecrRepositoryArn({ region: this.region, account: this.#account }, repository);
  }

  /**
   * Sends a request, and retries it where that may help.
   * @throws AccessDeniedError naming the IAM action and resource
   * @throws AuthenticationError when AWS refuses the credentials, or refused them a moment ago
   */
  async call<O extends EcrOperation>(operation: O, input: EcrInput<O>, options: EcrCallOptions): Promise<EcrOutput<O>> {
    const { signal, repository = '*' } = options;
    const resource = ECR_OPERATIONS[operation] === 'registry' ? '*' : this.arnOf(repository);
    const request = { operation, resource, credentials: this.#credentials };
    const budget = new RetryBudget(Math.random);
    // The SDK adds a listener per request under way, and Node.js warns of a leak from eleven on.
    if (signal) setMaxListeners(0, signal);
    const send = (): Promise<EcrOutput<O>> => this.#send(operation, input, signal);
    for (;;) {
      try {
        return await this.#withFreshCredentials(() => this.#governed(send, signal), signal);
      } catch (error) {
        signal?.throwIfAborted();
        await sleep(this.#clock, this.#delayAfter(error, request, budget), signal);
      }
    }
  }

  /** Sends a request about a repository, of the account that its host names. */
  callOn<O extends EcrOperation>(
    operation: O,
    { registry, name }: ListedRepository,
    input: Omit<EcrInput<O>, 'registryId' | 'repositoryName'>,
    signal: AbortSignal | undefined,
  ): Promise<EcrOutput<O>> {
    const where = { registryId: ecrLocationOf(registry).account, repositoryName: name };
    return this.call(operation, { ...where, ...input } as EcrInput<O>, { signal, repository: name });
  }

  close(): void {
    this.#client.destroy();
  }

  /** How long to wait before the next attempt (ms). @throws the expected failure, if there is to be none */
  #delayAfter(error: unknown, request: EcrRequest, budget: RetryBudget): number {
    if (error instanceof AuthenticationError) throw error;
    const failure = toSlimboardError(error, request);
    if (failure instanceof AuthenticationError && isAnswered(error))
      this.#refusal = { error: failure, untilMs: this.#clock.now() + REFUSAL_HOLDS_MS };
    if (failure instanceof RateLimitedError) {
      // The governor decides how long the next attempt waits.
      budget.countRefusal(nameOf(request), outcomeOf(error).retryAfterMs);
      return 0;
    }
    if (failure.retry.kind === 'never' || !isPassing(error)) throw failure;
    return budget.delayAfterFailure(failure);
  }

  /** Sends a request. If the session has expired, earlier than it said it would, the credentials are renewed once. */
  async #withFreshCredentials<T>(send: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    try {
      return await send();
    } catch (error) {
      if (!isExpiredCredentials(error)) throw error;
      await orAborted(this.#client.config.credentials({ forceRefresh: true }), signal);
      return send();
    }
  }

  #send<O extends EcrOperation>(
    operation: O,
    input: EcrInput<O>,
    signal: AbortSignal | undefined,
  ): Promise<EcrOutput<O>> {
    // The SDK's commands have no common type that relates input to output; operations.ts does.
    const Command = this.#sdk[`${operation}Command`] as unknown as new (input: EcrInput<O>) => Command<O>;
    const send = this.#client.send.bind(this.#client) as unknown as Send<O>;
    return send(new Command(input), { abortSignal: signal });
  }

  /** Sends a request when the governor has a place for it, and reports the outcome to governor and observer. */
  async #governed<T>(send: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const { governor, onRequest } = this.#options;
    const release = await governor.acquire(this.host, { signal });
    if (this.#refusal && this.#clock.now() < this.#refusal.untilMs) {
      release({ kind: 'failed' });
      throw this.#refusal.error;
    }
    const settle = (outcome: RequestOutcome): void => {
      release(outcome);
      onRequest?.(outcome.kind);
    };
    try {
      // The signal ends the request, but not the look-up of credentials before it, which may wait for STS.
      const output = await orAborted(send(), signal);
      settle({ status: 200, kind: 'answered' });
      return output;
    } catch (error) {
      settle(outcomeOf(error));
      throw error;
    }
  }
}

interface Command<O extends EcrOperation> {
  readonly input: EcrInput<O>;
}
type Send<O extends EcrOperation> = (
  command: Command<O>,
  options: { abortSignal: AbortSignal | undefined },
) => Promise<EcrOutput<O>>;

/**
 * Opens a client per region. Loads the SDK (150 ms) only here, where it is needed.
 * @throws SettingsError when an account or region is invalid, or no region is set anywhere
 */
export async function openEcrClients(options: EcrOptions): Promise<readonly EcrClient[]> {
  if (options.account !== undefined) parseAccount(options.account);
  const sdk = await import('@aws-sdk/client-ecr');
  const regions = options.regions ?? [await findDefaultRegion(sdk, options)];
  return Promise.all(
    regions.map(async (region) => {
      const credentials = await credentialsFor(parseRegion(region), options);
      return new EcrClient(sdk, region, options, credentials);
    }),
  );
}

async function findDefaultRegion(sdk: Sdk, { profile }: EcrOptions): Promise<string> {
  const client = new sdk.ECRClient(profile ? { profile } : {});
  try {
    return await client.config.region();
  } catch (cause) {
    const isMissing = messageOf(cause) === 'Region is missing';
    const what = isMissing ? 'no AWS region is set' : `the AWS region that is set cannot be used (${messageOf(cause)})`;
    throw new SettingsError(`${what}: write regions: [eu-west-1] into the source, or set AWS_REGION`, { cause });
  } finally {
    client.destroy();
  }
}

function clientConfig(region: string, options: EcrOptions, credentials: Credentials | undefined): ECRClientConfig {
  const { proxies = new Proxies({}) } = options;
  // The governor bounds the requests under way; the SDK's own bound of 50 would only add a warning on the console.
  const agentOptions = { keepAlive: true, maxSockets: Number.POSITIVE_INFINITY };
  return {
    region,
    // Retries are ours: the SDK's own would multiply with them.
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      ...createProxyingAgents(proxies, agentOptions, CONNECTION_TIMEOUT_MS),
    },
    ...(options.endpoint ? { endpoint: options.endpoint } : {}),
    ...(options.profile ? { profile: options.profile } : {}),
    ...(credentials ? { credentials } : {}),
  };
}

/** Undefined: the SDK's default chain (environment, files, SSO, web identity, container, instance). */
async function credentialsFor(region: string, options: EcrOptions): Promise<Credentials | undefined> {
  if (!options.assumeRole) return undefined;
  const { fromNodeProviderChain, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  return fromTemporaryCredentials({
    params: {
      RoleArn: options.assumeRole,
      RoleSessionName: 'slimboard-audit',
      ...(options.externalId ? { ExternalId: options.externalId } : {}),
    },
    clientConfig: { region, maxAttempts: 1 },
    ...(options.profile ? { masterCredentials: fromNodeProviderChain({ profile: options.profile }) } : {}),
  });
}

function describeCredentials(options: EcrOptions): string {
  const from = options.profile ? `profile ${options.profile}` : 'the default chain';
  return options.assumeRole ? `role ${options.assumeRole}, assumed with ${from}` : from;
}

/** Refuses, before a request is signed, every operation that is not in the list of those that only read. */
function allowReadsOnly(client: ECRClient): void {
  client.middlewareStack.add(
    (next, context) => (args) => {
      const operation = String(context.commandName).replace(/Command$/, '');
      if (!isEcrOperation(operation)) throw new Error(`ecr:${operation} is not one of the operations that only read`);
      return next(args);
    },
    { step: 'initialize', name: 'allowReadsOnly' },
  );
}
