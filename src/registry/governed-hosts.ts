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
