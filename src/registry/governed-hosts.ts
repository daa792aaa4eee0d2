import type { RegistryHost } from '../oci/reference.ts';
import type { SourceSettings } from '../settings/settings.ts';
import { ecrApiHost, findEcrLocation } from './ecr/hosts.ts';

/** The hosts that a source's bound on concurrency is for; of Amazon ECR one a region, whosever account it is. */
export function governedHosts(source: SourceSettings): readonly RegistryHost[] {
  return source.kind === 'oci' ? [source.registry] : (source.regions ?? []).map(ecrApiHost);
}

/** The host by whose bound requests to a registry are counted. */
export function governedHost(registry: RegistryHost): RegistryHost {
  const ecr = findEcrLocation(registry);
  return ecr ? ecrApiHost(ecr.region) : registry;
}

/**
 * The most requests at a time that sources allow a registry: of several on one, the most careful decides.
 * @returns undefined when none of them is on it
 */
export function concurrencyAt(registry: RegistryHost, sources: readonly SourceSettings[]): number | undefined {
  const host = governedHost(registry);
  const limits = sources.filter((source) => governedHosts(source).includes(host)).map(({ concurrency }) => concurrency);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}
