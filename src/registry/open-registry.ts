import { Proxies } from '../network/proxies.ts';
import type { EcrSource, Environment, SourceSettings } from '../settings/settings.ts';
import { createCredentialsProvider } from './auth/credentials.ts';
import type { Connect } from './connections.ts';
import { type DistributionOptions, openDistributionRegistry } from './distribution.ts';
import type { EcrOptions } from './ecr/options.ts';
import type { PlaceOptions, Registry, RequestGovernor } from './registry.ts';

/** What opening a registry needs besides its source. */
export interface OpenRegistryOptions {
  /** Where credentials come from. */
  readonly environment: Environment;
  readonly governor: RequestGovernor<PlaceOptions>;
  /** The key of the ECR repository tag that names the owner. */
  readonly teamKey: string;
  /** Called after each request. @param throttled whether the registry answered 429 or 503 */
  readonly onRequest?: ((throttled: boolean) => void) | undefined;
  /** Default: connections of its own. */
  readonly connect?: Connect | undefined;
  /** Called with a sentence on what could not be read, or may be missing, where that fails nothing. */
  readonly onNote: (note: string) => void;
}

/** Opens the registry of a source. Loads the AWS SDK only if the source needs it. */
export async function openRegistry(source: SourceSettings, options: OpenRegistryOptions): Promise<Registry> {
  const { environment } = options;
  const governor = withinLimit(options.governor, source);
  const onRequest = (status: number | undefined): void => options.onRequest?.(status === 429 || status === 503);
  if (source.kind === 'ecr') {
    const { openEcrRegistry } = await import('./ecr/registry.ts');
    return openEcrRegistry({
      ...ecrOptionsOf(source, environment),
      governor,
      teamTag: options.teamKey,
      onNote: options.onNote,
      onRequest,
    });
  }
  return openDistributionRegistry({
    registry: source.registry,
    governor,
    credentials: createCredentialsProvider({ sourceName: source.name, environment }),
    maxConnections: source.concurrency,
    proxies: new Proxies(environment),
    onRequest,
    onNote: options.onNote,
    connect: options.connect,
    // False stands for the default, which is plain HTTP for loopback hosts.
    plainHttp: source.plainHttp || undefined,
    caFile: source.caFile,
    certFile: source.certFile,
    keyFile: source.keyFile,
    ...(source.requestTimeout ? timeoutsOf(source.requestTimeout) : {}),
    repositories: source.repositories,
  });
}

/** A governor for the requests of one source. */
export function withinLimit(
  governor: RequestGovernor<PlaceOptions>,
  { concurrency: maxConcurrency }: SourceSettings,
): RequestGovernor {
  return { acquire: (registry, options) => governor.acquire(registry, { ...options, maxConcurrency }) };
}

/**
 * A longer request timeout also allows silence for as long: some registries take minutes to list their repositories.
 */
function timeoutsOf(requestTimeoutMs: number): Pick<DistributionOptions, 'requestTimeoutMs' | 'idleTimeoutMs'> {
  return { requestTimeoutMs, idleTimeoutMs: requestTimeoutMs };
}

/** The ECR registries that a source names, and the credentials to read them with. */
export function ecrOptionsOf(
  { account: accountId, regions, assumeRole, externalId, profile, endpoint }: EcrSource,
  environment: Environment,
): Omit<EcrOptions, 'governor'> {
  const proxies = new Proxies(environment);
  return { accountId, regions, assumeRole, externalId, profile, endpoint, proxies };
}
