import { type Learned, learnBases } from '../../src/catalogue/learn.ts';
import type { Database } from '../../src/database/database.ts';
import { createInProcessGovernor } from '../../src/registry/governor/in-process-governor.ts';
import { openRegistry } from '../../src/registry/open-registry.ts';
import type { OciSource } from '../../src/settings/settings.ts';
import { defaultSettings } from './audits.ts';
import type { RegistryServer } from './registry-server.ts';

/** Options for learning bases in a test. */
export interface LearnTestOptions {
  readonly source?: Partial<OciSource>;
  /** The current time, ISO 8601. */
  readonly now?: string;
  readonly onFailure?: (item: string, code: string) => void;
}

/** Learns base images from a test registry, as `slimboard bases learn HOST/library/*` does. */
export async function learnFrom(
  db: Database,
  { host }: Pick<RegistryServer, 'host'>,
  { source = {}, now = '2026-11-24T02:00:00.000Z', onFailure }: LearnTestOptions = {},
): Promise<Learned> {
  const settings = await defaultSettings();
  const base: OciSource = {
    ...settings.sourceDefaults,
    kind: 'oci',
    name: 'bases',
    registry: host,
    dedup: 'registry',
    provenance: false,
    include: ['library/*/**'],
    repositories: ['library/*/**'],
    ...source,
  };
  const registry = await openRegistry(base, {
    environment: {},
    governor: createInProcessGovernor(),
    teamKey: settings.teamKey,
    onNote: () => undefined,
  });
  try {
    return await learnBases(db, registry, base, {
      signal: new AbortController().signal,
      now,
      onFailure: (item, error) => onFailure?.(item, error.code),
    });
  } finally {
    await registry.close();
  }
}
