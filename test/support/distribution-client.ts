import { parseRegistryHost, parseRepositoryName, parseTag, type RegistryHost } from '../../src/oci/reference.ts';
import type { Credentials, CredentialsProvider } from '../../src/registry/auth/credentials.ts';
import { Secret } from '../../src/registry/auth/secret.ts';
import type { Clock } from '../../src/registry/clock.ts';
import { systemClock } from '../../src/registry/clock.ts';
import { type DistributionOptions, openDistributionRegistry } from '../../src/registry/distribution.ts';
import { createInProcessGovernor } from '../../src/registry/governor/in-process-governor.ts';
import type { ListedRepository, ListOptions, Registry } from '../../src/registry/registry.ts';
import { collect } from './collect.ts';

/** A client for a test's registry that never waits: delays end immediately. */
export function openClient(host: string, options: Partial<DistributionOptions> = {}): Registry {
  const governor = createInProcessGovernor(instantClock);
  return openDistributionRegistry({
    registry: parseRegistryHost(host),
    credentials: { find: async () => undefined },
    governor: {
      acquire: (host, call) => governor.acquire(host, { ...call, maxConcurrency: 64 }),
    },
    clock: instantClock,
    random: () => 0.5,
    ...options,
  });
}

/** A clock whose delays end immediately and move its time forward. */
const instantClock: Clock = {
  now: () => systemClock.now() + skippedMs,
  schedule(callback, delayMs) {
    return systemClock.schedule(() => {
      skippedMs += delayMs;
      callback();
    }, 0);
  },
};
let skippedMs = 0;

/** A provider that always finds the same password. */
export function passwordProvider(username: string, password: string): CredentialsProvider {
  return provider({ kind: 'password', username, password: new Secret(password), origin: 'the test' });
}

/** A provider that always finds these credentials. */
export function provider(credentials: Credentials): CredentialsProvider {
  return { find: async () => credentials };
}

/** A repository as a listing returns it. */
export function repositoryOf(registry: RegistryHost, name: string): ListedRepository {
  return { registry, name: parseRepositoryName(name) };
}

export const tagOf = parseTag;

/** The names of all repositories, in the order of the listing. */
export async function repositoryNames(client: Registry, options: ListOptions = {}): Promise<readonly string[]> {
  return (await collect(client.listRepositories(options))).map(({ name }) => name);
}

/** The tags of a repository, in the order of the listing; undefined for an untagged manifest. */
export async function tagNames(
  client: Registry,
  repository: ListedRepository,
  options: ListOptions = {},
): Promise<readonly (string | undefined)[]> {
  return (await collect(client.listManifests(repository, options))).map(({ tag }) => tag);
}
