import type { RegistryHost } from '../../oci/reference.ts';
import type { SourceSettings } from '../../settings/settings.ts';
import { ecrApiHost, findEcrLocation, isEcrApiHost } from '../ecr/hosts.ts';

/** The hosts whose concurrency a source bounds. For Amazon ECR that is one per region, shared by all accounts. */
export function governedHosts(source: SourceSettings): readonly RegistryHost[] {
  return source.kind === 'oci' ? [source.registry] : (source.regions ?? []).map(ecrApiHost);
}

/** The host whose bound applies to requests to a registry. */
export function governedHost(registry: RegistryHost): RegistryHost {
  const ecr = findEcrLocation(registry);
  return ecr ? ecrApiHost(ecr.region) : registry;
}

/**
 * The most requests at the same time that sources allow for a registry: the lowest of their limits.
 * @returns undefined when none of the sources is on this registry
 */
export function concurrencyAt(registry: RegistryHost, sources: readonly SourceSettings[]): number | undefined {
  const host = governedHost(registry);
  const limits = sources.filter((source) => bounds(source, host)).map(({ concurrency }) => concurrency);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/** An ECR source without regions bounds them all: AWS's own settings name the one it reads, which is not known here. */
function bounds(source: SourceSettings, host: RegistryHost): boolean {
  if (source.kind === 'ecr' && source.regions === undefined) return isEcrApiHost(host);
  return governedHosts(source).includes(host);
}
