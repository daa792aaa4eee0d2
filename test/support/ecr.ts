import { afterEach, beforeEach, vi } from 'vitest';
import { parseRegistryHost, parseRepositoryName } from '../../src/oci/reference.ts';
import type { Clock } from '../../src/registry/clock.ts';
import type { EcrOptions } from '../../src/registry/ecr/options.ts';
import { openEcrRegistry } from '../../src/registry/ecr/registry.ts';
import type { ListedRepository, Registry, RequestGovernor } from '../../src/registry/registry.ts';
import { FAKE_ACCOUNT, FAKE_REGION, FakeEcr, type FakeEcrOptions } from './fake-ecr.ts';

/** A clock whose delays end immediately. */
export const INSTANT_CLOCK: Clock = {
  now: () => performance.now(),
  schedule(callback) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};

/** A governor that lets every request through. */
export const UNLIMITED_GOVERNOR: RequestGovernor = { acquire: async () => () => undefined };

/** Creates fakes of ECR and registries over them. */
export interface EcrBench {
  start(options?: FakeEcrOptions): Promise<FakeEcr>;
  open(fake: FakeEcr, options?: Partial<EcrOptions>): Promise<Registry>;
  /** Opens the registry with one of its options left out. */
  openWithout(fake: FakeEcr, missing: 'account' | 'regions' | 'endpoint'): Promise<Registry>;
}

/** Before each test of a file, sets static AWS keys in the environment; after it, closes what the test has opened. */
export function useEcr(): EcrBench {
  const opened: { close(): Promise<void> }[] = [];
  beforeEach(() => {
    const environment = {
      AWS_ACCESS_KEY_ID: 'AKIASTATIC',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  });
  afterEach(async () => {
    for (const closable of opened.splice(0).reverse()) await closable.close();
    vi.unstubAllEnvs();
  });
  const track = <T extends { close(): Promise<void> }>(closable: T): T => {
    opened.push(closable);
    return closable;
  };
  return {
    async start(options) {
      const fake = track(await FakeEcr.start(options));
      vi.stubEnv('AWS_ENDPOINT_URL_STS', fake.url);
      return fake;
    },
    open: async (fake, options = {}) => track(await openEcrRegistry({ ...defaultsFor(fake), ...options })),
    async openWithout(fake, missing) {
      const { [missing]: _, ...options } = defaultsFor(fake);
      return track(await openEcrRegistry(options));
    },
  };
}

function defaultsFor(fake: FakeEcr) {
  return {
    account: FAKE_ACCOUNT,
    regions: [FAKE_REGION],
    endpoint: fake.url,
    teamKey: 'team',
    clock: INSTANT_CLOCK,
    governor: UNLIMITED_GOVERNOR,
  };
}

/** A repository of the fake's account, as a worker that has not listed it knows it: by its name alone. */
export function ecrRepository(name: string, region = FAKE_REGION): ListedRepository {
  return {
    name: parseRepositoryName(name),
    registry: parseRegistryHost(`${FAKE_ACCOUNT}.dkr.ecr.${region}.amazonaws.com`),
  };
}
