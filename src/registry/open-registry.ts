import { Proxies } from '../network/proxies.ts';
import type { Environment, SourceSettings } from '../settings/settings.ts';
import { createCredentialsProvider } from './auth/find-credentials.ts';
import type { Connect } from './connections.ts';
import { openDistributionRegistry } from './distribution.ts';
import type { PlaceOptions, Registry, RequestGovernor, RequestOutcome } from './registry.ts';

/** What opening a registry needs besides its source. */
export interface OpenRegistryOptions {
  /** Where credentials come from. */
  readonly environment: Environment;
  readonly governor: RequestGovernor<PlaceOptions>;
  /** The key of the ECR repository tag that names the owner. */
  readonly teamKey: string;
  /** Called after each request. @param throttled whether the registry asked to slow down */
  readonly onRequest?: ((throttled: boolean) => void) | undefined;
  /** Default: connections of its own. */
  readonly connect?: Connect | undefined;
  /** Called with a sentence on what could not be read, or may be missing, where that fails nothing. */
  readonly onNote: (note: string) => void;
}

/** Opens the registry of a source. Loads the AWS SDK only if the source needs it. */
export async function openRegistry(source: SourceSettings, options: OpenRegistryOptions): Promise<Registry> {
  const { environment, teamKey, connect, onNote } = options;
  const common = {
    governor: withinLimit(options.governor, source),
    proxies: new Proxies(environment),
    onRequest: (kind: RequestOutcome['kind']) => options.onRequest?.(kind === 'throttled'),
    onNote,
  };
  if (source.kind === 'ecr') {
    const { openEcrRegistry } = await import('./ecr/registry.ts');
    return openEcrRegistry({ ...source, ...common, teamKey });
  }
  const { name: sourceName, repositories, requestTimeout } = source;
  return openDistributionRegistry({
    ...source,
    ...common,
    credentials: createCredentialsProvider({ sourceName, environment, repositories }),
    connect,
    maxConnections: source.concurrency,
    // False stands for the default, which is plain HTTP for loopback hosts.
    plainHttp: source.plainHttp || undefined,
    // A longer request timeout also allows silence for as long: some registries take minutes to list their repositories.
    ...(requestTimeout ? { requestTimeoutMs: requestTimeout, idleTimeoutMs: requestTimeout } : {}),
  });
}

/** A governor for the requests of one source. */
export function withinLimit(
  governor: RequestGovernor<PlaceOptions>,
  { concurrency: maxConcurrency }: SourceSettings,
): RequestGovernor {
  return { acquire: (registry, options) => governor.acquire(registry, { ...options, maxConcurrency }) };
}
