import type { RegistryHost } from '../oci/reference.ts';
import type { EcrSource, Environment, SourceSettings } from '../settings/settings.ts';
import type { Connect } from './connections.ts';
import { createCredentialsProvider } from './credentials.ts';
import { type DistributionOptions, openDistributionRegistry } from './distribution.ts';
import type { EcrOptions } from './ecr/options.ts';
import type { Registry, RequestGovernor } from './registry.ts';
import type { RequestObservation } from './transport.ts';

export interface OpenRegistryOptions {
  /** Where credentials come from. */
  readonly environment: Environment;
  readonly governor: RequestGovernor;
  /** The repository tag of ECR that names an owner. */
  readonly teamKey: string;
  /** Told of every request that was sent; no status: no answer came. */
  readonly onRequest: (registry: RegistryHost, status: number | undefined, throttled: boolean) => void;
  /** Default: connections of its own. */
  readonly connect?: Connect;
  /** Told what could not be read and fails nothing. */
  readonly onNote: (note: string) => void;
}

/** Opens the registry of a source. Amazon's SDK is loaded only where a source needs it. */
export async function openRegistry(source: SourceSettings, options: OpenRegistryOptions): Promise<Registry> {
  const { governor, environment } = options;
  const onRequest = ({ registry, status }: RequestObservation): void =>
    options.onRequest(registry, status, status === 429 || status === 503);
  if (source.kind === 'ecr') {
    const { openEcrRegistry } = await import('./ecr/registry.ts');
    return openEcrRegistry({
      ...ecrOptionsOf(source),
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
    onRequest,
    ...(options.connect ? { connect: options.connect } : {}),
    ...(source.plainHttp ? { plainHttp: true } : {}),
    ...(source.caFile ? { caFile: source.caFile } : {}),
    ...(source.requestTimeout ? timeoutsOf(source.requestTimeout) : {}),
    ...(source.repositories ? { repositories: source.repositories } : {}),
  });
}

/** Who gives a registry more time means that it may be silent for as long: some list their repositories for minutes. */
function timeoutsOf(requestTimeoutMs: number): Pick<DistributionOptions, 'requestTimeoutMs' | 'idleTimeoutMs'> {
  return { requestTimeoutMs, idleTimeoutMs: requestTimeoutMs };
}

/** Which registries of Amazon ECR a source names, and with whose permissions. */
export function ecrOptionsOf({
  account,
  regions,
  assumeRole,
  externalId,
  profile,
  endpoint,
}: EcrSource): Omit<EcrOptions, 'governor'> {
  return {
    ...(account ? { accountId: account } : {}),
    ...(regions ? { regions } : {}),
    ...(assumeRole ? { assumeRole } : {}),
    ...(externalId ? { externalId } : {}),
    ...(profile ? { profile } : {}),
    ...(endpoint ? { endpoint } : {}),
  };
}
